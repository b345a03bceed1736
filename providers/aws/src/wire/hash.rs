//! Hashes in ids that AWS does not give.

/// The CRC-32 of a text, as ids of routes and rules contain it.
pub fn crc(text: &str) -> u32 {
    crc32fast::hash(text.as_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn of_the_default_route() {
        assert_eq!(super::crc("0.0.0.0/0"), 1_080_289_494);
    }
}
