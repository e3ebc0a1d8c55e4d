//! Azure's deployments: the address names the deployment and the version of the API, and the key has a header of its own.

use app::domain::config::base_url;

use crate::import::{
    endpoint::{self, Address, Endpoint},
    model,
    tree::{Leftovers, Node},
};

/// The prefix of such deployments.
pub(super) const PROVIDER: &str = "azure";
/// The header with the key.
pub(super) const KEY_HEADER: &str = "api-key";
/// Maximum length of a version, in characters.
const VERSION_CHARS: usize = 40;

/// The address of a deployment; `None` if an address, a version or a name is missing or cannot be read, which is
/// reported.
pub(super) fn endpoint<'v>(
    own: Address<'_>,
    name: &str,
    params: &mut Node<'_>,
    left: &Leftovers,
) -> Option<Endpoint<'v>> {
    let version = version(params, left);
    let base = match own {
        Address::Unusable => None,
        Address::Literal(base) => address(base, name, params, left),
        Address::Absent => {
            let words = "An Azure deployment has an address of its own, which is not in the file, so it was left out.";
            left.report(params.path_of("model"), words);
            None
        }
    };
    let base_url = format!("{}?api-version={}", base?, version?);
    if let Err(error) = base_url::parse(&base_url) {
        let why = endpoint::without_values(error);
        let words = format!("The address cannot be used, so the deployment was left out. {why}");
        left.report(params.path_of("api_base"), words);
        return None;
    }
    Some(Endpoint { base_url: base_url.into(), is_compatible: true })
}

/// The version of the API.
fn version<'v>(params: &mut Node<'v>, left: &Leftovers) -> Option<&'v str> {
    let words = match model::readable(params.text("api_version")) {
        Ok(Some(version)) if version.len() <= VERSION_CHARS && is_plain(version) => return Some(version),
        Ok(Some(_)) => "It is no version of Azure's API, so the deployment was left out.".to_owned(),
        Ok(None) => "An Azure deployment needs a version of the API, so it was left out.".to_owned(),
        Err(words) => words,
    };
    left.report(params.path_of("api_version"), words);
    None
}

/// The address of the deployment below that of its resource.
fn address(base: &str, name: &str, params: &Node<'_>, left: &Leftovers) -> Option<String> {
    let base = base.trim_end_matches('/');
    let deployment = format!("/openai/deployments/{name}");
    let own_path = || base_url::parse(base).ok().filter(|it| it.query.is_empty()).map(|it| it.path);
    let (field, words) = match own_path() {
        _ if !is_plain(name) => {
            ("model", "It cannot be the name of an Azure deployment, so it was left out.")
        }
        Some(path) if path.ends_with(&deployment) => return Some(base.to_owned()),
        Some(path) if !path.split('/').any(|it| it == "openai") => {
            return Some(format!("{base}{deployment}"));
        }
        _ => {
            let words = "Give the address of the Azure resource alone; the deployment was left out, since this one says more.";
            ("api_base", words)
        }
    };
    left.report(params.path_of(field), words);
    None
}

/// Whether it can stand in an address as it is.
fn is_plain(text: &str) -> bool {
    !text.starts_with('.') && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
}
