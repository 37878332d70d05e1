//! The least of WebSocket framing that a load generator needs: find where server frames begin, write client frames.

/// How the text of every chat message begins, in our protocol and in what the peers relay.
const MESSAGE: &[u8; 17] = b"{\"type\":\"message\"";
/// The longest header of a server's frame, and as much of its payload as tells whether it is a message.
const HEAD_BYTES: usize = 10 + MESSAGE.len();

/// Appends a client's text frame. The mask is zero, which leaves the payload as it is and costs the server what any mask
/// does.
pub(crate) fn text(payload: &[u8], into: &mut Vec<u8>) {
    into.push(0x81);
    match payload.len() {
        length @ 0..126 => into.push(0x80 | length as u8),
        length @ 126..0x1_0000 => {
            into.push(0x80 | 0x7e);
            into.extend((length as u16).to_be_bytes());
        }
        length => {
            into.push(0x80 | 0x7f);
            into.extend((length as u64).to_be_bytes());
        }
    }
    into.extend([0; 4]);
    into.extend(payload);
}

/// Whether a payload is a chat message.
pub(crate) fn is_message(payload: &[u8]) -> bool {
    payload.starts_with(MESSAGE)
}

/// One server frame at the beginning of `bytes`: its opcode, its payload, and how long it is with its header.
pub(crate) fn first(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (start, length) = header(bytes)?;
    let end = start.checked_add(length)?;
    Some((bytes[0] & 0x0f, bytes.get(start..end)?, end))
}

/// Where a frame's payload begins, and its length.
fn header(bytes: &[u8]) -> Option<(usize, usize)> {
    let (&[_, length], _) = bytes.split_first_chunk::<2>()?;
    Some(match length & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize),
        length => (2, usize::from(length)),
    })
}

/// Counts the messages in a stream of bytes. Of each frame it looks at the beginning only, and copies nothing but a
/// beginning that is not whole.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    /// Bytes to come that belong to a frame that was looked at already.
    skip: usize,
    head: [u8; HEAD_BYTES],
    held: usize,
}

impl Counter {
    /// How many messages begin in these bytes, as far as that can be told now.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> u64 {
        let mut count = 0;
        let mut at = self.skip;
        if self.held > 0 {
            let more = bytes.len().min(HEAD_BYTES - self.held);
            self.head[self.held..self.held + more].copy_from_slice(&bytes[..more]);
            let Some((message, length)) = glance(&self.head[..self.held + more]) else {
                self.held += more;
                return 0;
            };
            count += u64::from(message);
            // The frame began before these bytes.
            at = length - self.held;
            self.held = 0;
        }
        while at < bytes.len() {
            let Some((message, length)) = glance(&bytes[at..]) else {
                self.held = bytes.len() - at;
                self.head[..self.held].copy_from_slice(&bytes[at..]);
                self.skip = 0;
                return count;
            };
            count += u64::from(message);
            at += length;
        }
        self.skip = at - bytes.len();
        count
    }
}

/// Whether the frame that begins here is a message, and how long it is; `None` where too little of it is here.
fn glance(bytes: &[u8]) -> Option<(bool, usize)> {
    let (start, length) = header(bytes)?;
    let payload = &bytes[start..];
    let message = match payload.first_chunk::<{ MESSAGE.len() }>() {
        Some(beginning) => length >= MESSAGE.len() && beginning == MESSAGE,
        None if length < MESSAGE.len() => false,
        None => return None,
    };
    Some((message, start + length))
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
        let mut bytes = Vec::new();
        text(payload, &mut bytes);
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
    fn messages_are_counted_however_the_bytes_are_cut() {
        let message = |text: &str| format!(r#"{{"type":"message","message":"{text}"}}"#).into_bytes();
        let ack = br#"{"type":"ack","id":"1"}"#.to_vec();
        let payloads = [
            message("a"),
            ack.clone(),
            message(&"b".repeat(200)),
            Vec::new(),
            b"short".to_vec(),
            message(&"c".repeat(70_000)),
            ack,
            message("d"),
        ];
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| server(payload)).collect();
        for step in (1..60).chain([1000, 65_536, stream.len()]) {
            let mut counter = Counter::default();
            let count: u64 = stream.chunks(step).map(|bytes| counter.push(bytes)).sum();
            assert_eq!(count, 4, "cut every {step} bytes");
        }
    }

    #[test]
    fn only_messages_are_messages() {
        assert!(is_message(br#"{"type":"message","room":"lobby"}"#));
        assert!(!is_message(br#"{"type":"members"}"#));
    }
}
