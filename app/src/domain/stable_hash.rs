//! A hash of ids that is the same in every process, on every platform and in every release.

/// Hashes an id: FNV-1a, then [`spread`].
pub fn stable_hash(id: &str) -> u64 {
    let fnv = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    spread(fnv)
}

/// Mixes the bits so that each affects all others (the finalizer of SplitMix64).
pub fn spread(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::stable_hash;

    #[test]
    fn the_hash_of_an_id_never_changes() {
        assert_eq!(stable_hash(""), 0xc381_7c01_6ba4_ff30);
        assert_eq!(stable_hash("inst_a"), 0xe38e_af53_dec3_31e7);
    }
}
