//! What an operator does at the command line, past the sign-in page: whoever can read the data folder may.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{
    boot::BootError,
    operations::{
        people,
        rotation::{self, operator},
        sessions::fresh_setup_token,
    },
    seal::KeySource,
    settings::{BootSecrets, StoreSettings},
    store::Store,
};

/// Settings of `admin`.
#[derive(Clone, Debug, Args)]
pub struct AdminSettings {
    /// What to do.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What can be done past the sign-in page.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// Take somebody's password away, end their sessions, and print a one-time link by which they set another one.
    ResetPassword {
        /// The user name.
        name: String,
        /// Where the server is.
        #[command(flatten)]
        place: Place,
    },
    /// Print a new link that makes the first admin, good for 30 minutes; only while there is no admin.
    SetupLink {
        /// Where the server is.
        #[command(flatten)]
        place: Place,
    },
    /// Seal every stored secret under a new master key, in one transaction. The old key opens nothing afterwards, older
    /// backups of the store aside. A server that runs takes a generated new key over by itself; where the key is yours,
    /// restart it with the new one.
    RotateKey {
        /// Where configuration and secrets are kept.
        #[command(flatten)]
        store: StoreSettings,
        /// File with the new master key (32 bytes, base64 or hex); needed where the present one is not the generated
        /// file in the data folder.
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
}

/// Where the server is, for links.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Where configuration and secrets are kept.
    #[command(flatten)]
    pub store: StoreSettings,
    /// Address that people use [default: the one of the server's last start].
    #[arg(long, env = "SMART_BALANCER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
}

impl Place {
    async fn link(&self, store: &Store, path: &str) -> Result<String, BootError> {
        let known = match &self.public_url {
            Some(url) => Some(url.clone()),
            None => store.site().await?,
        };
        let site = known.as_deref().unwrap_or("http://127.0.0.1:3000");
        Ok(format!("{}{path}", site.trim_end_matches('/')))
    }
}

/// Does it; answers with what to print.
///
/// # Errors
/// Why it was not done, in a sentence. Nothing was changed then.
pub async fn run(settings: &AdminSettings, secrets: &BootSecrets) -> Result<Vec<String>, BootError> {
    match &settings.command {
        AdminCommand::ResetPassword { name, place } => {
            let store = existing(&place.store).await?;
            let mut write = store.write().await?;
            let made = people::reset(&mut write, &operator(), name, false).await?;
            write.commit().await?;
            let link = place.link(&store, &format!("/invitation?token={}", made.token.reveal())).await?;
            Ok(vec![format!("“{}” sets a new password with this link, within three days:", made.name), link])
        }
        AdminCommand::SetupLink { place } => {
            let store = existing(&place.store).await?;
            let Some(token) = fresh_setup_token(&store).await? else {
                let words = "there is an admin already; use: smart-balancer admin reset-password NAME";
                return Err(BootError::Setting(words.to_owned()));
            };
            let link = place.link(&store, &format!("/setup?token={}", token.reveal())).await?;
            Ok(vec!["Make the first admin with this link, within 30 minutes:".to_owned(), link])
        }
        AdminCommand::RotateKey { store, new_key_file } => {
            let source = key_source(store, secrets);
            let store = existing(store).await?;
            let done = rotation::rotate(&store, &source, new_key_file.as_deref()).await;
            let done = done.map_err(|error| BootError::Setting(error.to_string()))?;
            let mut lines = vec![format!("Sealed {} secrets under the new master key.", done.sealed)];
            if done.unreadable > 0 {
                lines.push(format!(
                    "{} did not open before either and have to be entered again.",
                    done.unreadable
                ));
            }
            if let Some(file) = new_key_file {
                lines.push(format!("Start the server with the key in {} from now on.", file.display()));
            }
            Ok(lines)
        }
    }
}

/// Where a server with these settings finds its master key.
pub fn key_source(settings: &StoreSettings, secrets: &BootSecrets) -> KeySource {
    KeySource {
        given: secrets.master_key.clone(),
        file: settings.master_key_file.clone(),
        data_dir: settings.data_dir.clone(),
    }
}

/// The store, where there is one: a mistyped folder must not make another.
async fn existing(settings: &StoreSettings) -> Result<Store, BootError> {
    let url = settings.database_url();
    if let Some(path) = url.strip_prefix("sqlite://")
        && !std::path::Path::new(path).exists()
    {
        return Err(BootError::Setting(format!("there is no store at {path}")));
    }
    Ok(Store::open(&url).await?)
}
