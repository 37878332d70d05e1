//! The least of WebSocket framing that a load generator needs: find where server frames begin, write client frames.

/// How the text of every chat message begins, in our protocol and in what the peers relay.
const MESSAGE: &[u8] = b"{\"type\":\"message\"";

/// A client's text frame. The mask is zero, which leaves the payload as it is and costs the server what any mask does.
pub(crate) fn text(payload: &[u8]) -> Vec<u8> {
    frame(0x81, payload)
}

fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(payload.len() + 14);
    bytes.push(first);
    match payload.len() {
        length @ 0..126 => bytes.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            bytes.push(0x80 | 0x7e);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 0x7f);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

/// Whether a payload is a chat message.
pub(crate) fn is_message(payload: &[u8]) -> bool {
    payload.starts_with(MESSAGE)
}

/// One server frame at the beginning of `bytes`: its opcode, its payload, and how long it is with its header.
pub(crate) fn first(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (&[kind, length], _) = bytes.split_first_chunk::<2>()?;
    let (start, length): (usize, usize) = match length & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize),
        length => (2, usize::from(length)),
    };
    let payload = bytes.get(start..start.checked_add(length)?)?;
    Some((kind & 0x0f, payload, start + length))
}

/// Cuts a stream of bytes into frames; what is not whole yet is kept.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    rest: Vec<u8>,
}

impl Cutter {
    /// Calls `each` with every payload that is whole now.
    pub(crate) fn push(&mut self, bytes: &[u8], mut each: impl FnMut(&[u8])) {
        if self.rest.is_empty() {
            let used = cut(bytes, &mut each);
            self.rest.extend(&bytes[used..]);
        } else {
            self.rest.extend(bytes);
            let used = cut(&self.rest, &mut each);
            self.rest.drain(..used);
        }
    }
}

fn cut(bytes: &[u8], each: &mut impl FnMut(&[u8])) -> usize {
    let mut at = 0;
    while let Some((_, payload, length)) = first(&bytes[at..]) {
        each(payload);
        at += length;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(payload: &[u8]) -> Vec<u8> {
        let mut bytes = text(payload);
        let header = bytes.len() - payload.len() - 4;
        bytes.drain(header..header + 4);
        bytes[1] &= 0x7f;
        bytes
    }

    #[test]
    fn frames_are_found_however_the_bytes_are_cut() {
        let payloads = [b"a".to_vec(), vec![b'x'; 126], vec![b'y'; 70_000], Vec::new()];
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| server(payload)).collect();
        for step in [1, 3, 130, stream.len()] {
            let mut cutter = Cutter::default();
            let mut seen = Vec::new();
            for bytes in stream.chunks(step) {
                cutter.push(bytes, |payload| seen.push(payload.to_vec()));
            }
            assert_eq!(seen, payloads, "cut every {step} bytes");
        }
    }

    #[test]
    fn only_messages_are_messages() {
        assert!(is_message(br#"{"type":"message","room":"lobby"}"#));
        assert!(!is_message(br#"{"type":"members"}"#));
    }
}
