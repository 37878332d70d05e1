//! Feeds tungstenite from bytes that were read already, and collects what it wants to say.

use std::io::{self, Read, Write};

/// A stream over one read's bytes: at their end it would block.
#[derive(Debug)]
pub(super) struct Feed<'a> {
    /// What was read and not yet taken.
    pub(super) input: &'a [u8],
    /// Pongs and closes, as whole frames.
    pub(super) output: Vec<u8>,
}

impl Read for Feed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.input.read(into)
    }
}

impl Write for Feed<'_> {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(from);
        Ok(from.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
