//! What is written for the inline images of `iTerm2`, which `WezTerm` has as well.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Puts a picture (a PNG) over so many cells of the cursor's row, and leaves the cursor there.
pub fn row(png: &[u8], columns: u16) -> String {
    let size = png.len();
    format!(
        "\x1b]1337;File=inline=1;size={size};width={columns};height=1;preserveAspectRatio=0;doNotMoveCursor=1:{}\x07",
        STANDARD.encode(png)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_how_many_cells_it_covers() {
        assert_eq!(
            row(b"abc", 12),
            "\x1b]1337;File=inline=1;size=3;width=12;height=1;preserveAspectRatio=0;doNotMoveCursor=1:YWJj\x07"
        );
    }
}
