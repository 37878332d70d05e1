//! Which bytes of a file a request is for (RFC 9110, section 14).

/// What is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// From the first to the last byte of these, both included.
    Range(u64, u64),
    /// Nothing of what was asked is there.
    None,
}

/// What a `Range` asks of a file of so many bytes. What is not understood and what asks for several ranges is answered
/// with the whole file, as the standard allows it: nobody has us send the same bytes many times over.
pub(crate) fn part(asked: &str, size: u64) -> Part {
    let Some((unit, spec)) = asked.split_once('=') else { return Part::Whole };
    let Some((first, last)) = spec.trim().split_once('-') else { return Part::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    match (bound(first), bound(last)) {
        (Bound::None, Bound::At(0)) => Part::None,
        (Bound::None, Bound::At(tail)) if size > 0 => Part::Range(size.saturating_sub(tail), size - 1),
        (Bound::None, Bound::At(_)) => Part::None,
        (Bound::At(first), Bound::At(last)) if last < first => Part::Whole,
        (Bound::At(first), Bound::At(_) | Bound::None) if first >= size => Part::None,
        (Bound::At(first), Bound::At(last)) => Part::Range(first, last.min(size - 1)),
        (Bound::At(first), Bound::None) => Part::Range(first, size - 1),
        _ => Part::Whole,
    }
}

/// One side of a range.
enum Bound {
    /// Nothing is said.
    None,
    /// A number; what is larger than any file is just that.
    At(u64),
    /// It is not understood.
    Strange,
}

fn bound(text: &str) -> Bound {
    match text.trim() {
        "" => Bound::None,
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => Bound::At(text.parse().unwrap_or(u64::MAX)),
        _ => Bound::Strange,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f04_ranges_are_bounded_by_the_file() {
        for (asked, wanted) in [
            ("bytes=0-0", Part::Range(0, 0)),
            ("bytes=0-", Part::Range(0, 99)),
            ("bytes=10-19", Part::Range(10, 19)),
            ("Bytes = 10-1000", Part::Range(10, 99)),
            ("bytes=-1", Part::Range(99, 99)),
            ("bytes=-1000", Part::Range(0, 99)),
            ("bytes=99999999999999999999-", Part::None),
            ("bytes=0-99999999999999999999", Part::Range(0, 99)),
            ("bytes=100-", Part::None),
            ("bytes=-0", Part::None),
            ("bytes=5-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=-1-2", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=0-1,2-3", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(asked, 100), wanted, "{asked}");
        }
        assert_eq!(part("bytes=0-", 0), Part::None);
        assert_eq!(part("bytes=-5", 0), Part::None);
    }

    proptest::proptest! {
        #[test]
        fn no_range_leaves_the_file(asked in "bytes=[0-9]{0,22}-[0-9]{0,22}(,[0-9]-[0-9])?", size in 0_u64..1000) {
            if let Part::Range(first, last) = part(&asked, size) {
                proptest::prop_assert!(first <= last && last < size);
            }
        }
    }
}
