//! A map for a handful of entries.

/// Entries side by side, found by looking at one after the other: for what almost always has one or two, where a hash
/// table or a tree would take ten times the memory.
#[derive(Debug, Clone)]
pub(crate) struct Few<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<K: Eq, V> Few<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.iter_mut().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Sets the value of a key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        if let Some(held) = self.get_mut(&key) {
            *held = value;
        } else {
            self.entries.reserve_exact(1);
            self.entries.push((key, value));
        }
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let index = self.entries.iter().position(|(other, _)| other == key)?;
        Some(self.entries.swap_remove(index).1)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    proptest::proptest! {
        #[test]
        fn it_holds_what_a_map_holds(steps in proptest::collection::vec((0_u8..6, 0_u8..3), 0..60)) {
            let (mut few, mut map) = (Few::<u8, u32>::default(), HashMap::<u8, u32>::new());
            for (key, step) in steps {
                match step {
                    0 => proptest::prop_assert_eq!(few.remove(&key), map.remove(&key)),
                    1 => {
                        proptest::prop_assert_eq!(few.get_mut(&key), map.get_mut(&key));
                        proptest::prop_assert_eq!(few.get(&key), map.get(&key));
                    }
                    _ => {
                        few.insert(key, u32::from(step));
                        map.insert(key, u32::from(step));
                    }
                }
                proptest::prop_assert_eq!((few.len(), few.is_empty()), (map.len(), map.is_empty()));
                let mut held: Vec<_> = few.keys().copied().zip(few.values().copied()).collect();
                held.sort_unstable();
                let mut expected: Vec<_> = map.iter().map(|(&key, &value)| (key, value)).collect();
                expected.sort_unstable();
                proptest::prop_assert_eq!(held, expected);
                for (_, value) in few.iter_mut() {
                    *value += 1;
                }
                for value in map.values_mut() {
                    *value += 1;
                }
            }
        }
    }
}
