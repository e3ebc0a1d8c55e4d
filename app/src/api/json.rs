//! How data travels inside a page: as JSON, read by the very code that reads the answers of server functions. A
//! reader of its own would put a second copy of every type's reading code into the WebAssembly; and a resource of a
//! type of its own for each page a copy of all that makes a resource. So pages share one, of sheets.

use std::{any::Any, sync::Arc};

use leptos::server::codee::{Decoder, Encoder};
use serde::{Serialize, de::DeserializeOwned, ser::Error as _};

use super::{Answer, server_fault::ServerFault};

/// The codec of the resource that pages are drawn from.
#[derive(Debug)]
pub(crate) struct Json;

/// What a page is drawn from, whatever its type.
#[derive(Clone)]
pub(crate) enum Sheet {
    /// As the server wrote it into the page.
    Written(Arc<str>),
    /// As it was read just now.
    Read(Arc<dyn Content>),
}

/// An answer of some type.
pub(crate) trait Content: Any + Send + Sync {
    /// Writes it into the page.
    fn write(&self) -> Result<String, serde_json::Error>;
}

impl<T: Serialize + Send + Sync + 'static> Content for Answer<T> {
    fn write(&self) -> Result<String, serde_json::Error> {
        // Only the server writes; without this the browser would carry how.
        if cfg!(feature = "ssr") {
            serde_json::to_string(self)
        } else {
            Err(serde_json::Error::custom("the browser writes no page"))
        }
    }
}

impl Sheet {
    /// The answer that it holds.
    pub(crate) fn open<T: Clone + DeserializeOwned + 'static>(self) -> Answer<T> {
        let answer = match self {
            Self::Written(text) => serde_json::from_slice(text.as_bytes()).ok(),
            Self::Read(content) => (content as Arc<dyn Any + Send + Sync>).downcast_ref().cloned(),
        };
        answer.unwrap_or(Err(ServerFault::Unreachable))
    }
}

impl Encoder<Sheet> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(sheet: &Sheet) -> Result<String, serde_json::Error> {
        match sheet {
            Sheet::Written(text) => Ok(text.as_ref().to_owned()),
            Sheet::Read(content) => content.write(),
        }
    }
}

impl Decoder<Sheet> for Json {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<Sheet, serde_json::Error> {
        Ok(Sheet::Written(text.into()))
    }
}
