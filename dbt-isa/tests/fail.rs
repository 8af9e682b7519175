//! Descriptions with mistakes do not compile, and the error stands at the row.

#[test]
fn mistakes_are_reported_at_the_row() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
