//! What is written for kitty's graphics protocol. It answers nothing to any of it (`q=2`).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::mark::Shown;
use super::through_tmux;

/// The longest piece that the protocol allows, in characters.
const PIECE: usize = 4096;

/// Brings a picture (a PNG) to the terminal, without showing it.
pub fn bring(id: u32, png: &[u8], in_tmux: bool) -> String {
    let text = STANDARD.encode(png);
    let mut out = String::with_capacity(text.len() + text.len() / 64 + 100);
    let mut rest = text.as_str();
    let mut first = true;
    while first || !rest.is_empty() {
        let (piece, more) = rest.split_at(rest.len().min(PIECE));
        rest = more;
        let more = u8::from(!rest.is_empty());
        let keys = if first { format!("a=t,f=100,i={id},") } else { String::new() };
        put(&mut out, &format!("{keys}q=2,m={more};{piece}"), in_tmux);
        first = false;
    }
    out
}

/// Lets the placeholders of this size show it.
pub fn place(shown: Shown, in_tmux: bool) -> String {
    let Shown { columns, rows, .. } = shown;
    let mut out = String::new();
    let (id, placement) = (shown.id(), shown.placement());
    put(&mut out, &format!("a=p,U=1,i={id},p={placement},c={columns},r={rows},q=2"), in_tmux);
    out
}

/// Takes a size of a picture away.
pub fn lift(shown: Shown, in_tmux: bool) -> String {
    let mut out = String::new();
    put(&mut out, &format!("a=d,d=i,i={},p={},q=2", shown.id(), shown.placement()), in_tmux);
    out
}

/// Takes a picture away with all that the terminal keeps of it.
pub fn drop(id: u32, in_tmux: bool) -> String {
    let mut out = String::new();
    put(&mut out, &format!("a=d,d=I,i={id},q=2"), in_tmux);
    out
}

fn put(out: &mut String, command: &str, in_tmux: bool) {
    let command = format!("\x1b_G{command}\x1b\\");
    // Writing to a string does not fail.
    let _ = out.write_str(&if in_tmux { through_tmux(&command) } else { command });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_the_protocol_says() {
        assert_eq!(bring(7, b"abc", false), "\x1b_Ga=t,f=100,i=7,q=2,m=0;YWJj\x1b\\");
        assert_eq!(bring(7, b"", true), "\x1bPtmux;\x1b\x1b_Ga=t,f=100,i=7,q=2,m=0;\x1b\x1b\\\x1b\\");
        let shown = Shown { number: 5, columns: 30, rows: 10 };
        assert_eq!(place(shown, false), "\x1b_Ga=p,U=1,i=21,p=73226,c=30,r=10,q=2\x1b\\");
        assert_eq!(lift(shown, false), "\x1b_Ga=d,d=i,i=21,p=73226,q=2\x1b\\");
        assert_eq!(drop(21, false), "\x1b_Ga=d,d=I,i=21,q=2\x1b\\");
    }

    #[test]
    fn a_large_picture_goes_in_pieces() {
        let png = vec![9; 7000];
        let text = bring(1, &png, false);
        let pieces: Vec<&str> = text.split("\x1b\\").filter(|piece| !piece.is_empty()).collect();
        assert_eq!(pieces.len(), 3);
        assert!(pieces[0].starts_with("\x1b_Ga=t,f=100,i=1,q=2,m=1;"));
        assert!(pieces[1].starts_with("\x1b_Gq=2,m=1;") && pieces[2].starts_with("\x1b_Gq=2,m=0;"));
        let body: String = pieces.iter().map(|piece| piece.split_once(';').unwrap().1).collect();
        assert_eq!(STANDARD.decode(body).unwrap(), png);
        assert!(pieces.iter().all(|piece| piece.split_once(';').unwrap().1.len() <= PIECE));
    }
}
