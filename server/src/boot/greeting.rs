//! What start-up tells people: where the server is, how to sign in for the first time, and in the demo its key.

use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use app::api::ports::{Actor, Cookies, Role, Sessions as _, Site};
use serde_json::json;

use super::BootError;
use crate::{assets, operations::Operations, settings::ServeSettings};

/// Holds the set-up link while there is no admin; in the data folder.
const LINK_FILE: &str = "setup-link";

/// What people need to know: the set-up link or the sign-in address, and in the demo its key.
pub(super) async fn greet(
    operations: &Operations,
    settings: &ServeSettings,
    site: &Site,
) -> Result<Vec<String>, BootError> {
    let mut lines = vec![format!("Smart Balancer {} is at {}", site.version, site.base_url)];
    if !assets::present() {
        lines.push("This build carries no style sheet and no script: pages work, but plainly.".to_owned());
    }
    if settings.demo {
        let system = Actor { name: "system".to_owned(), role: Role::Admin, ip: None };
        operations.add_demo_instances(&system).await?;
        if operations.list_api_keys(&system).await?.is_empty() {
            let scope = json!({ "name": "Demo key", "force_route": true });
            let made = operations.make_api_key(&system, &scope).await?;
            lines.push("An API key for sample calls, shown this once:".to_owned());
            lines.push(format!("  export SMART_BALANCER_API_KEY={}", made.key));
        }
    }
    let file = settings.store.data_dir.join(LINK_FILE);
    // A link that was used or replaced is of no use to anybody.
    let _ = std::fs::remove_file(&file);
    if operations.needs_setup().await? {
        let token = operations.fresh_setup_token().await?;
        let link = format!("{}/setup?token={}", site.base_url, token.reveal());
        write_private(&file, &link)?;
        lines.push("Make the first admin with this link, within 30 minutes:".to_owned());
        lines.push(format!("  {link}"));
        lines.push(format!("It is also in {}", file.display()));
    } else {
        lines.push(format!("Sign in at {}/sign-in", site.base_url));
    }
    if site.cookies == Cookies::Refused {
        lines.push(
            "Signing in is refused over plain HTTP beyond loopback: give --tls-cert and --tls-key, or put \
             TLS in front and set --public-url, or pass --insecure-cookies."
                .to_owned(),
        );
    }
    Ok(lines)
}

/// Writes a new file that only its owner can read.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}
