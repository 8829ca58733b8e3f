//! Idempotency keys for requests to which the program gave none.

/// A random key: 128 bits in the shape of a UUID of version 4. It has to be unique, not secret.
pub(crate) fn random() -> String {
    let bits = fastrand::u128(..);
    let bits = bits & !(0xf000 << 64) | (0x4000 << 64);
    let bits = bits & !(0xc000 << 48) | (0x8000 << 48);
    let hex = format!("{bits:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::random;

    #[test]
    fn keys_look_like_uuids_and_differ() {
        let (one, other) = (random(), random());
        assert_ne!(one, other);
        for key in [one, other] {
            let lengths: Vec<usize> = key.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{key}");
            assert_eq!(&key[14..15], "4", "{key}");
            assert!("89ab".contains(&key[19..20]), "{key}");
        }
    }
}
