//! What an island is made of, as it stands in the page: JSON text that is read by the very code that reads the answers of
//! server functions. A reader of its own would put a second copy of every type's reading code into the WebAssembly.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _, ser::Error as _,
};

/// A property of an island.
#[derive(Clone, Debug)]
pub(crate) struct Packed<T>(pub(crate) T);

impl<T: Serialize> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(&self.0).map_err(S::Error::custom)?)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_slice(text.as_bytes()).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_the_same() -> Result<(), serde_json::Error> {
        let packed = serde_json::to_string(&Packed(vec![Some("a \"quoted\" word"), None]))?;
        let Packed(found) = serde_json::from_str::<Packed<Vec<Option<String>>>>(&packed)?;
        assert_eq!(found, [Some("a \"quoted\" word".to_owned()), None]);
        assert!(serde_json::from_str::<Packed<u8>>("\"nothing\"").is_err());
        Ok(())
    }
}
