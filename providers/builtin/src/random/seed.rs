//! Generators: unpredictable ones, and ones that a seed fixes.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// The generator of a seed, the same for the same text; without one, or with an empty one, an unpredictable one.
pub(super) fn generator(seed: Option<&str>) -> Box<dyn Rng> {
    match seed {
        Some(seed) if !seed.is_empty() => {
            let digest = Uuid::new_v5(&Uuid::NAMESPACE_OID, seed.as_bytes()).into_bytes();
            let mut state = [0; 32];
            state[..16].copy_from_slice(&digest);
            state[16..].copy_from_slice(&digest);
            Box::new(Xoshiro256PlusPlus::from_seed(state))
        }
        _ => Box::new(rand::rng()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_fixes_what_is_drawn() {
        let draw = |seed| generator(seed).next_u64();
        assert_eq!(draw(Some("a")), draw(Some("a")));
        assert_ne!(draw(Some("a")), draw(Some("b")));
        assert_ne!(draw(None), draw(None));
        assert_ne!(draw(Some("")), draw(Some("")));
    }
}
