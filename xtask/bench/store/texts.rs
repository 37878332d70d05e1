//! Texts as people say them, made up: the same ones every time.

/// How many words there are.
const WORDS: usize = 40_000;
/// How fast words become rarer with their rank.
const EXPONENT: f64 = 1.07;
/// Of so many messages one is written without spaces.
const CJK_EVERY: u64 = 30;
/// Of so many messages one has a link.
const LINK_EVERY: u64 = 60;
/// The most frequent characters of those.
const CJK_FIRST: u32 = 0x4E00;
const CJK_CHARACTERS: usize = 2500;

/// Numbers that look random (splitmix64).
#[derive(Debug)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Ranks of which the first is the most frequent (Zipf's law).
#[derive(Debug)]
pub(crate) struct Ranks(Vec<f64>);

impl Ranks {
    pub(crate) fn new(count: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let mut until: Vec<f64> = (1..=count)
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum
            })
            .collect();
        for share in &mut until {
            *share /= sum;
        }
        Self(until)
    }

    pub(crate) fn draw(&self, numbers: &mut Numbers) -> usize {
        let share = numbers.share();
        self.0.partition_point(|until| *until < share).min(self.0.len() - 1)
    }
}

/// Makes texts.
#[derive(Debug)]
pub(crate) struct Texts {
    words: Ranks,
    characters: Ranks,
    numbers: Numbers,
}

impl Texts {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            words: Ranks::new(WORDS, EXPONENT),
            characters: Ranks::new(CJK_CHARACTERS, 1.0),
            numbers: Numbers(seed),
        }
    }

    /// The next text: about 12 words.
    pub(crate) fn next(&mut self) -> String {
        if self.numbers.below(CJK_EVERY) == 0 {
            let length = 4 + self.numbers.below(30);
            return (0..length).map(|_| character(self.characters.draw(&mut self.numbers))).collect();
        }
        let length = 1 + self.numbers.below(12) + self.numbers.below(12);
        let mut text = String::with_capacity(96);
        for number in 0..length {
            if number > 0 {
                text.push(' ');
            }
            text.push_str(&word(self.words.draw(&mut self.numbers)));
        }
        if self.numbers.below(LINK_EVERY) == 0 {
            text += " https://example.org/";
            text += &word(self.words.draw(&mut self.numbers));
        }
        text
    }
}

/// The word of a rank: the more frequent, the shorter, as in languages. No two ranks have the same.
pub(crate) fn word(rank: usize) -> String {
    const BEGINNINGS: [&str; 16] =
        ["b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w"];
    const ENDS: [&str; 5] = ["a", "e", "i", "o", "u"];
    let mut left = rank;
    let mut word = String::new();
    loop {
        let syllable = left % 80;
        word += BEGINNINGS[syllable / 5];
        word += ENDS[syllable % 5];
        left /= 80;
        if left == 0 {
            return word;
        }
        left -= 1;
    }
}

/// The character of a rank, of those that are written without spaces.
pub(crate) fn character(rank: usize) -> char {
    // Spread over the block, as the frequent ones are.
    let place = (rank * 7) % CJK_CHARACTERS;
    char::from_u32(CJK_FIRST + place as u32).expect("all of the block are characters")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_ranks_have_the_same_word() {
        let words: HashSet<String> = (0..WORDS).map(word).collect();
        assert_eq!(words.len(), WORDS);
        let characters: HashSet<char> = (0..CJK_CHARACTERS).map(character).collect();
        assert_eq!(characters.len(), CJK_CHARACTERS);
    }

    #[test]
    fn texts_are_the_same_every_time_and_frequent_words_are_frequent() {
        let make = || -> Vec<String> {
            let mut texts = Texts::new(7);
            (0..2000).map(|_| texts.next()).collect()
        };
        let texts = make();
        assert_eq!(texts, make());
        let saying =
            |rank: usize| texts.iter().filter(|text| text.split(' ').any(|said| said == word(rank))).count();
        assert!(saying(0) > 10 * saying(100).max(1));
        assert!(texts.iter().all(|text| !text.is_empty()));
    }
}
