//! Chance that repeats itself: the same seed and place give the same numbers on every machine.

/// A stream of numbers (`SplitMix64`) that starts from a seed and the place it is used at.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream of a seed at a place, such as a client's number.
    pub(crate) fn at(seed: u64, place: u64) -> Self {
        let mut dice = Self(seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17));
        dice.next();
        dice
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 up to `bound`, without `bound` itself; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = u128::from(self.next()) * (bound as u128);
        usize::try_from(wide >> 64).expect("less than a usize")
    }

    /// A number from `least` to `most`, both possible.
    pub(crate) fn between(&mut self, least: i32, most: i32) -> i32 {
        let span = usize::try_from(most - least + 1).unwrap_or(1);
        least + i32::try_from(self.below(span)).expect("less than an i32's span")
    }

    /// Yes in `percent` of a hundred throws.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Puts a list into another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}
