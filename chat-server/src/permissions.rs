//! Holds `docs/PERMISSIONS.md` to what the policy decides.

use crate::core::policy::matrix::document;

#[test]
fn permissions_are_what_the_document_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PERMISSIONS.md");
    let wanted = document();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        wanted,
        "UPDATE_GOLDEN=1 writes it anew: read the difference"
    );
}
