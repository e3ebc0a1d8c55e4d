//! Administration on the command line without signing in. It needs access to the data folder.

use crate::{
    boot::{
        BootError,
        settings::{AdminCommand, AdminSettings, BootSecrets, ServerLocation, StoreSettings},
    },
    operations::{
        access::{people, sessions::new_setup_token},
        rotation::{self, operator},
    },
    store::Store,
};

impl ServerLocation {
    async fn link(&self, store: &Store, path: &str) -> Result<String, BootError> {
        let known = match &self.public_url {
            Some(url) => Some(url.clone()),
            None => store.site().await?,
        };
        let site = known.as_deref().unwrap_or("http://127.0.0.1:3000");
        Ok(format!("{}{path}", site.trim_end_matches('/')))
    }
}

/// Runs the command and returns the lines to print.
///
/// # Errors
/// A message for the operator. Nothing was changed then.
pub async fn run(settings: &AdminSettings, secrets: &BootSecrets) -> Result<Vec<String>, BootError> {
    match &settings.command {
        AdminCommand::ResetPassword { name, location } => {
            let store = open_existing(&location.store).await?;
            let mut write = store.write().await?;
            let made = people::reset(&mut write, &operator(), name, false).await?;
            write.commit().await?;
            let link = location.link(&store, &format!("/invitation?token={}", made.token.reveal())).await?;
            Ok(vec![
                format!("Give “{}” this link to set a new password, within three days:", made.name),
                link,
            ])
        }
        AdminCommand::SetupLink { location } => {
            let store = open_existing(&location.store).await?;
            let Some(token) = new_setup_token(&store).await? else {
                let words = "there is an admin already; use: smart-balancer admin reset-password NAME";
                return Err(BootError::Setting(words.to_owned()));
            };
            let link = location.link(&store, &format!("/setup?token={}", token.reveal())).await?;
            Ok(vec!["Create the first admin with this link, within 30 minutes:".to_owned(), link])
        }
        AdminCommand::RotateKey { store, new_key_file } => {
            let source = store.key_source(secrets);
            let store = open_existing(store).await?;
            let done = rotation::rotate(&store, &source, new_key_file.as_deref()).await;
            let done = done.map_err(|error| BootError::Setting(error.to_string()))?;
            let mut lines = vec![format!("Sealed {} secrets under the new master key.", done.sealed)];
            if done.unreadable > 0 {
                lines.push(format!(
                    "{} did not open under the old key either and must be entered again.",
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

/// Opens an existing store: a mistyped folder must not create a new one.
async fn open_existing(settings: &StoreSettings) -> Result<Store, BootError> {
    let url = settings.database_url();
    if let Some(path) = url.strip_prefix("sqlite://")
        && !std::path::Path::new(path).exists()
    {
        return Err(BootError::Setting(format!("there is no store at {path}")));
    }
    Ok(Store::open(&url).await?)
}
