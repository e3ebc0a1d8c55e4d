//! What an island is made of, as it stands in the page: JSON text that is read by the very code that reads the answers of
//! server functions. A reader of its own would put a second copy of every type's reading code into the WebAssembly, and a
//! property of the type itself the code that writes it.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A property of an island.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Packed<T> {
    text: String,
    #[serde(skip)]
    of: PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned + Default> Packed<T> {
    /// Packs a value; one that JSON cannot hold is packed as nothing.
    #[cfg(feature = "ssr")]
    pub(crate) fn of(value: &T) -> Self {
        Self { text: serde_json::to_string(value).unwrap_or_default(), of: PhantomData }
    }

    /// The value; the default where it cannot be read.
    pub(crate) fn open(&self) -> T {
        serde_json::from_slice(self.text.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_the_same() -> Result<(), serde_json::Error> {
        let said = vec![Some("a \"quoted\" word".to_owned()), None];
        let sent = serde_json::to_string(&Packed::of(&said))?;
        assert_eq!(serde_json::from_str::<Packed<Vec<Option<String>>>>(&sent)?.open(), said);
        assert_eq!(serde_json::from_str::<Packed<u8>>("\"nothing\"")?.open(), 0);
        Ok(())
    }
}
