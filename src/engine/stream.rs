//! Labelled random streams: draw `n` of a stream is a pure function of (seed, replication, label, n).
//!
//! The generator is SplitMix64 (Steele, Lea, Flood 2014) addressed by counter, so that one more draw
//! here can never move a draw there, and a retry on one system never shifts what another one sees.
//! [`StreamRng`] puts it behind the traits of `rand`, so every distribution of `rand_distr` can draw
//! from it. Logarithms come from a table of `libm` values and four multiplications: the same bits on
//! every machine, and a third of the time.

use rand::TryRng;
use std::convert::Infallible;
use std::sync::LazyLock;

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of SplitMix64: a bijection of 64 bits in which every input bit moves every output bit.
#[inline]
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random numbers that is addressed by index.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream called `label` of one replication of a run.
    #[must_use]
    pub fn new(seed: u64, replication: u32, label: &str) -> Self {
        let start =
            mix(mix(seed ^ GOLDEN).wrapping_add(u64::from(replication).wrapping_mul(GOLDEN)));
        let key = label.bytes().fold(start, |key, byte| {
            mix(key.wrapping_add(GOLDEN) ^ u64::from(byte))
        });
        Self { key }
    }

    /// A stream of its own for each `index`, such as one for every producer.
    #[must_use]
    pub fn child(self, index: u64) -> Self {
        Self {
            key: mix(self.key ^ mix(index.wrapping_add(GOLDEN))),
        }
    }

    /// Draw `n`: 64 uniform bits.
    #[must_use]
    #[inline]
    pub fn draw(self, n: u64) -> u64 {
        mix(self.key.wrapping_add(n.wrapping_mul(GOLDEN)))
    }

    /// The draws from `n` on, one after the other.
    #[inline]
    pub fn draws(self, n: u64) -> impl Iterator<Item = u64> {
        let mut place = self.key.wrapping_add(n.wrapping_mul(GOLDEN));
        std::iter::repeat_with(move || {
            let draw = mix(place);
            place = place.wrapping_add(GOLDEN);
            draw
        })
    }

    /// Draw `n` as a number in [0, 1) with 53 random bits.
    #[must_use]
    #[inline]
    pub fn uniform(self, n: u64) -> f64 {
        // Signed numbers convert faster, and this one is below 2^53.
        (self.draw(n) >> 11) as i64 as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Draw `n` as an exponential variate of mean 1, within 10^-9.
    #[must_use]
    #[inline]
    pub fn exponential(self, n: u64) -> f64 {
        minus_logarithm(self.draw(n), &LOGARITHMS)
    }

    /// Fills `variates` with the exponential variates of the draws from `n` on.
    pub fn exponentials(self, n: u64, variates: &mut [f64]) {
        let table = &*LOGARITHMS;
        for (draw, variate) in self.draws(n).zip(variates) {
            *variate = minus_logarithm(draw, table);
        }
    }

    /// Draw `n` as an index below `bound`; the bias is below `bound` / 2^64.
    #[must_use]
    #[inline]
    pub fn below(self, n: u64, bound: u64) -> u64 {
        part_of(self.draw(n), bound)
    }

    /// A generator of `rand` that starts at draw `n`, for samplers that need several draws.
    #[must_use]
    pub fn rng(self, n: u64) -> StreamRng {
        StreamRng {
            stream: self,
            next: n,
        }
    }
}

/// The index below `bound` that 64 uniform bits select; the bias is below `bound` / 2^64.
#[must_use]
#[inline]
pub fn part_of(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

const LOG_BITS: u32 = 8;

/// For each of 256 equal parts of [1, 2): its centre, the inverse of that and its logarithm.
type Logarithms = [(f64, f64, f64); 1 << LOG_BITS];

/// Minus the logarithm of 64 uniform bits that are read as a number between 0 and 1.
///
/// The bits are a binary fraction U = 2^-(k + 1) x (1 + m): k leading zeros, then the bits of m. Then
/// -ln U = (k + 1) ln 2 - ln(1 + m), and ln(1 + m) comes from a table.
#[inline(always)]
fn minus_logarithm(draw: u64, table: &Logarithms) -> f64 {
    let draw = draw | 1;
    let zeros = draw.leading_zeros();
    // The bits below the leading one, moved to the top; 52 of them make 1 <= x < 2.
    let fraction = (draw << zeros) << 1;
    let x = f64::from_bits((fraction >> 12) | 0x3ff0_0000_0000_0000);
    let (centre, inverse, logarithm) = table[(fraction >> (64 - LOG_BITS)) as usize];
    let r = (x - centre) * inverse;
    let ln = logarithm + r * (1.0 - r * (0.5 - r * (1.0 / 3.0)));
    f64::from(zeros + 1) * std::f64::consts::LN_2 - ln
}

static LOGARITHMS: LazyLock<Logarithms> = LazyLock::new(|| {
    std::array::from_fn(|part| {
        let centre = 1.0 + (part as f64 + 0.5) / f64::from(1 << LOG_BITS);
        (centre, 1.0 / centre, libm::log(centre))
    })
});

/// A [`Stream`] read one draw after the other, behind the traits of `rand`.
#[derive(Clone, Debug)]
pub struct StreamRng {
    stream: Stream,
    next: u64,
}

impl TryRng for StreamRng {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|bits| (bits >> 32) as u32)
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let bits = self.stream.draw(self.next);
        self.next = self.next.wrapping_add(1);
        Ok(bits)
    }
    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for chunk in target.chunks_mut(8) {
            let bits = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&bits[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use rand_distr::{Distribution, StandardUniform};

    #[test]
    fn the_first_values_never_change() {
        let stream = Stream::new(42, 0, "arrivals");
        let first: Vec<u64> = (0..3).map(|n| stream.draw(n)).collect();
        assert_eq!(
            first, PINNED,
            "every published result depends on these bits"
        );
    }
    const PINNED: [u64; 3] = [
        17_210_385_660_374_979_359,
        12_131_908_508_544_502_957,
        4_564_787_528_896_001_554,
    ];

    #[test]
    fn labels_replications_seeds_and_children_give_unrelated_streams() {
        let base = Stream::new(1, 0, "keys");
        let others = [
            Stream::new(1, 0, "sizes"),
            Stream::new(1, 1, "keys"),
            Stream::new(2, 0, "keys"),
            base.child(0),
            base.child(1),
        ];
        for other in others {
            let equal_bits: u32 = (0..1000)
                .map(|n| (base.draw(n) ^ other.draw(n)).count_zeros())
                .sum();
            assert!(
                (31_000..33_000).contains(&equal_bits),
                "{equal_bits} of 64,000 bits agree"
            );
        }
    }

    #[test]
    fn exponential_variates_are_logarithms() {
        let stream = Stream::new(8, 0, "exponential");
        for n in 0..200_000 {
            let exact = -libm::log((stream.draw(n) | 1) as f64 / 18_446_744_073_709_551_616.0);
            let fast = stream.exponential(n);
            assert!(
                fast >= 0.0 && (fast - exact).abs() < 1e-9,
                "{fast} against {exact}"
            );
        }
    }

    #[test]
    fn the_rand_traits_read_the_same_draws() {
        let stream = Stream::new(3, 0, "x");
        let mut rng = stream.rng(10);
        assert_eq!(rng.next_u64(), stream.draw(10));
        let float: f64 = StandardUniform.sample(&mut rng);
        assert!((0.0..1.0).contains(&float));
        let mut bytes = [0; 12];
        rng.fill_bytes(&mut bytes);
        assert_eq!(bytes[..8], stream.draw(12).to_le_bytes());
    }
}
