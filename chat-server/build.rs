//! Builds anew when a file of the page was changed, made or removed: the macro that embeds them sees only changes.

fn main() {
    for path in ["index.html", "manifest.webmanifest", "css", "fonts", "img", "js", "vendor"] {
        let path = std::path::Path::new("../web").join(path);
        // An absent path would count as changed every time.
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
}
