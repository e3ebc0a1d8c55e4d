//! The messages at start: the server's address, the way to sign in, and the API key of the demo.

use app::ports::{Actor, Cookies, DemoInstances as _, Role, Sessions as _, Site};
use serde_json::json;

use super::settings::ServeSettings;
use super::{BootError, setup_link::LinkFile};
use crate::{control::assets, operations::Operations};

/// The lines to print, and the file that holds the set-up link, if this process owns it.
pub(super) async fn greet(
    operations: &Operations,
    settings: &ServeSettings,
    site: &Site,
) -> Result<(Vec<String>, Option<LinkFile>), BootError> {
    let mut lines = vec![format!("Smart Balancer {} is at {}", site.version, site.base_url)];
    if !assets::present() {
        lines.push("This build has no style sheet and no scripts. Pages work, but unstyled.".to_owned());
    }
    if settings.demo {
        let system = Actor { name: "system".to_owned(), role: Role::Admin, ip: None };
        operations.add_demo(&system).await?;
        let scope = json!({ "name": "Demo key", "force_route": true });
        if let Some(made) = operations.create_first_api_key(&system, &scope).await? {
            lines.push("An API key for sample calls, shown only once:".to_owned());
            lines.push(format!("  export SMART_BALANCER_API_KEY={}", made.key));
        }
    }
    let file = set_up_or_sign_in(operations, settings, site, &mut lines).await?;
    if site.cookies == Cookies::Refused {
        lines.push(
            "Signing in over plain HTTP is only possible on loopback. Set --tls-cert and --tls-key, or put \
             TLS in front and set --public-url, or pass --insecure-cookies."
                .to_owned(),
        );
    }
    Ok((lines, file))
}

/// Adds the set-up link, or the address to sign in.
async fn set_up_or_sign_in(
    operations: &Operations,
    settings: &ServeSettings,
    site: &Site,
    lines: &mut Vec<String>,
) -> Result<Option<LinkFile>, BootError> {
    let data_dir = &settings.store.data_dir;
    if operations.needs_setup().await? {
        let mut file = LinkFile::claim(data_dir)?;
        let former = file.as_ref().and_then(LinkFile::token);
        // Another replica may have created the first admin since.
        if let Some(token) = operations.add_setup_token(former.as_ref()).await? {
            let link = format!("{}/setup?token={}", site.base_url, token.reveal());
            lines.push("Create the first admin with this link, within 30 minutes:".to_owned());
            lines.push(format!("  {link}"));
            if let Some(file) = &mut file {
                file.write(&link)?;
                lines.push(format!("It is also in {}", file.path().display()));
            }
            return Ok(file);
        }
    }
    LinkFile::remove(data_dir);
    lines.push(format!("Sign in at {}/sign-in", site.base_url));
    Ok(None)
}
