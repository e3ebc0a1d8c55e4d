//! Settings of the operator: flags and `SMART_BALANCER_*` variables, with their defaults and bounds.

use std::{
    net::{SocketAddr, ToSocketAddrs as _},
    path::PathBuf,
};

use app::domain::secret::Secret;
use axum::http::HeaderName;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::gateway::{CorsOrigins, listener::CertificateFiles};
use crate::{
    egress::{EgressPolicy, EgressRules, LinkLocalAddress, network::Network},
    seal::KeySource,
};

/// One model id in front of many models: a self-hosted smart balancer.
#[derive(Debug, Parser)]
#[command(name = "smart-balancer", version, about, propagate_version = true)]
pub struct Cli {
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the console, the REST API and the data plane.
    Serve(Box<ServeSettings>),
    /// Reset a password, create a set-up link, or rotate the master key.
    Admin(AdminSettings),
    /// Check settings, store, master key and configuration without changing anything. Takes the settings of serve.
    ///
    /// Prints one error per line and exits with 1 if there are any, with 0 if there are none, and with 2 if the command
    /// line is invalid.
    Check(Box<ServeSettings>),
    /// Write the configuration to standard output as one JSON document without secrets.
    ///
    /// Exits with 0, with 1 if the store cannot be read, and with 2 if the command line is invalid.
    Export(Box<ExportSettings>),
    /// Import a document from export, or another gateway's configuration, in one transaction.
    ///
    /// Prints every change, then every error. Exits with 0, with 1 if there are errors (nothing is changed then), and
    /// with 2 if the command line is invalid. A server that runs on the same database applies the change within two
    /// seconds.
    Import(Box<ImportSettings>),
}

/// Location of the store and its secrets.
#[derive(Clone, Debug, Args)]
pub struct StoreSettings {
    /// Folder for the SQLite file and the generated master key; created if absent, readable by its owner only.
    #[arg(long, env = "SMART_BALANCER_DATA_DIR", default_value = "data", value_name = "DIR")]
    pub data_dir: PathBuf,

    /// `sqlite://PATH` or `postgres://…`; by default the file smart-balancer.db in the data folder.
    #[arg(long, env = "SMART_BALANCER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// File that holds the master key (32 bytes, base64 or hex); by default master.key in the data folder, created at
    /// the first start. The variable SMART_BALANCER_MASTER_KEY holds the key itself and takes precedence.
    #[arg(long, env = "SMART_BALANCER_MASTER_KEY_FILE", value_name = "FILE")]
    pub master_key_file: Option<PathBuf>,
}

impl StoreSettings {
    /// The database URL, or its default.
    pub fn database_url(&self) -> String {
        self.database_url
            .clone()
            .unwrap_or_else(|| format!("sqlite://{}", self.data_dir.join("smart-balancer.db").display()))
    }

    /// The source of the master key.
    pub fn key_source(&self, secrets: &BootSecrets) -> KeySource {
        KeySource {
            given: secrets.master_key.clone(),
            file: self.master_key_file.clone(),
            data_dir: self.data_dir.clone(),
        }
    }
}

/// Settings of `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportSettings {
    /// Location of the store.
    #[command(flatten)]
    pub store: StoreSettings,
}

/// Settings of `admin`.
#[derive(Clone, Debug, Args)]
pub struct AdminSettings {
    /// The command.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// The commands of `admin`.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// Remove a person's password, end their sessions, and print a one-time link to set a new one.
    ResetPassword {
        /// The user name.
        name: String,
        /// Location of the server.
        #[command(flatten)]
        location: ServerLocation,
    },
    /// Print a new link to create the first admin, valid for 30 minutes; only while there is no admin.
    SetupLink {
        /// Location of the server.
        #[command(flatten)]
        location: ServerLocation,
    },
    /// Seal all stored secrets under a new master key, in one transaction. The old key then only opens older backups of
    /// the store. A running server switches to a generated key by itself; if the key is yours, restart the server with
    /// the new one.
    RotateKey {
        /// Location of the store.
        #[command(flatten)]
        store: StoreSettings,
        /// File with the new master key (32 bytes, base64 or hex); required if the current one is not the generated
        /// file in the data folder.
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
}

/// Location of the server, for links.
#[derive(Clone, Debug, Args)]
pub struct ServerLocation {
    /// Location of the store.
    #[command(flatten)]
    pub store: StoreSettings,
    /// Address that people use [default: the address at the server's last start].
    #[arg(long, env = "SMART_BALANCER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
}

/// The program that wrote an import document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ImportFrom {
    /// `smart-balancer export` or the console.
    #[default]
    SmartBalancer,
    /// LiteLLM: a config.yaml.
    Litellm,
    /// Portkey: a config in JSON.
    Portkey,
}

/// Settings of `import`.
#[derive(Clone, Debug, Args)]
pub struct ImportSettings {
    /// The document; `-` reads standard input.
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,

    /// Print what would change without changing anything.
    #[arg(long)]
    pub dry_run: bool,

    /// Program that wrote the document. Settings of another gateway that have no counterpart are listed.
    #[arg(long, value_enum, default_value_t, value_name = "PROGRAM")]
    pub from: ImportFrom,

    /// Location of the store.
    #[command(flatten)]
    pub store: StoreSettings,

    /// Address that the server listens on; no instance may be the server itself.
    #[arg(long, env = "SMART_BALANCER_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS", value_parser = listener)]
    pub listen: SocketAddr,

    /// Addresses that instances may have, as for serve.
    #[arg(long, env = "SMART_BALANCER_EGRESS", default_value = "any", value_name = "POLICY")]
    pub egress: EgressPolicy,

    /// Link-local addresses that instances may have, as for serve.
    #[arg(
        long,
        env = "SMART_BALANCER_EGRESS_ALLOW",
        value_delimiter = ',',
        num_args = 1,
        value_name = "ADDRESS,..."
    )]
    pub egress_allow: Vec<LinkLocalAddress>,
}

impl ImportSettings {
    /// The rules for addresses of instances.
    pub fn egress_rules(&self) -> EgressRules {
        EgressRules { policy: self.egress.clone(), open: self.egress_allow.clone() }
    }
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Settings of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeSettings {
    /// Address and port to listen on; port 0 picks a free one.
    #[arg(long, env = "SMART_BALANCER_LISTEN", default_value = "127.0.0.1:3000", value_name = "ADDRESS", value_parser = listener)]
    pub listen: SocketAddr,

    /// Location of the store.
    #[command(flatten)]
    pub store: StoreSettings,

    /// Certificate chain in PEM format, the server's own first: serve HTTPS instead of HTTP. A renewed one is loaded
    /// within seconds. Requires --tls-key.
    #[arg(long, env = "SMART_BALANCER_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of the certificate in PEM format, without a passphrase.
    #[arg(long, env = "SMART_BALANCER_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Networks of trusted proxies, such as 10.0.0.0/8,fd00::/8. Only their X-Forwarded-For and X-Forwarded-Proto
    /// headers identify the client. None by default.
    #[arg(
        long,
        env = "SMART_BALANCER_TRUSTED_PROXIES",
        value_delimiter = ',',
        num_args = 1,
        value_name = "NETWORK,..."
    )]
    pub trusted_proxies: Vec<Network>,

    /// Address that clients use, such as `https://models.example.com`. Sample calls show it, and https makes session
    /// cookies Secure. By default the listen address.
    #[arg(long, env = "SMART_BALANCER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Add demo instances that this server serves itself; the first such start also creates an API key.
    #[arg(long, env = "SMART_BALANCER_DEMO")]
    pub demo: bool,

    /// Allow signing in over plain HTTP beyond loopback. Passwords and cookies are then sent unencrypted.
    #[arg(long, env = "SMART_BALANCER_INSECURE_COOKIES")]
    pub insecure_cookies: bool,

    /// Addresses that instances may have: any, private-only, public-only or allow-list:HOST,*.DOMAIN,NETWORK/BITS.
    /// Link-local, metadata and multicast addresses are always refused.
    #[arg(long, env = "SMART_BALANCER_EGRESS", default_value = "any", value_name = "POLICY")]
    pub egress: EgressPolicy,

    /// Link-local addresses that instances may have all the same, such as 169.254.1.2, the host of a rootless Podman
    /// container; repeatable. Metadata addresses cannot be opened.
    #[arg(
        long,
        env = "SMART_BALANCER_EGRESS_ALLOW",
        value_delimiter = ',',
        num_args = 1,
        value_name = "ADDRESS,..."
    )]
    pub egress_allow: Vec<LinkLocalAddress>,

    /// Origins of web pages that may call /v1 themselves, such as `https://chat.example.com,app://obsidian.md`; null and
    /// origins of browser extensions too, or * for any. Concerns /v1 only, never the console. Off by default.
    #[arg(long, env = "SMART_BALANCER_CORS_ORIGINS", value_name = "ORIGIN,...")]
    pub cors_origins: Option<CorsOrigins>,

    /// Largest request body of a call, in bytes.
    #[arg(
        long,
        env = "SMART_BALANCER_MAX_BODY_BYTES",
        default_value_t = 32 * 1024 * 1024,
        value_parser = clap::value_parser!(u64).range(1024..=1024 * 1024 * 1024),
        value_name = "BYTES"
    )]
    pub max_body_bytes: u64,

    /// Bytes that large request bodies of all calls in flight may hold together; further calls get 503. Bodies of up to
    /// 64 KiB do not count. Never less than one largest body.
    #[arg(
        long,
        env = "SMART_BALANCER_BODY_BUDGET_BYTES",
        default_value_t = 512 * 1024 * 1024,
        value_parser = clap::value_parser!(u64).range(1024..=1024 * 1024 * 1024 * 1024),
        value_name = "BYTES"
    )]
    pub body_budget_bytes: u64,

    /// Headers by which clients name a conversation, after x-sb-session; the first one present counts. An empty value
    /// turns them off.
    #[arg(
        long,
        env = "SMART_BALANCER_SESSION_HEADERS",
        value_delimiter = ',',
        default_value = "x-openwebui-chat-id,x-litellm-session-id,x-session-id,session_id",
        value_parser = header_name,
        value_name = "NAME,..."
    )]
    pub session_headers: Vec<Option<HeaderName>>,

    /// Maximum number of client connections.
    #[arg(
        long,
        env = "SMART_BALANCER_MAX_CONNECTIONS",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000),
        value_name = "COUNT"
    )]
    pub max_connections: u32,

    /// Seconds that running calls get to finish after SIGTERM.
    #[arg(
        long,
        env = "SMART_BALANCER_DRAIN_SECONDS",
        default_value_t = 120,
        value_parser = clap::value_parser!(u64).range(0..=3600),
        value_name = "SECONDS"
    )]
    pub drain_seconds: u64,

    /// Days that the request log keeps a call; it holds no prompts and no answers. 0 turns the log off and empties it.
    #[arg(
        long,
        env = "SMART_BALANCER_REQUEST_LOG_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=3650),
        value_name = "DAYS"
    )]
    pub request_log_days: u32,

    /// Maximum number of calls in the request log; the oldest are deleted.
    #[arg(
        long,
        env = "SMART_BALANCER_REQUEST_LOG_ROWS",
        default_value_t = 1_000_000,
        value_parser = clap::value_parser!(u64).range(1..=100_000_000),
        value_name = "COUNT"
    )]
    pub request_log_rows: u64,

    /// Serve /metrics without authentication; otherwise it requires a session or the admin token.
    #[arg(long, env = "SMART_BALANCER_METRICS_OPEN")]
    pub metrics_open: bool,

    /// Format of log lines.
    #[arg(long, env = "SMART_BALANCER_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

impl ServeSettings {
    /// The rules for addresses of instances.
    pub fn egress_rules(&self) -> EgressRules {
        EgressRules { policy: self.egress.clone(), open: self.egress_allow.clone() }
    }

    /// The certificate and its key; `None` for plain HTTP.
    ///
    /// # Errors
    /// A message for the operator if one is given without the other.
    pub fn certificate_files(&self) -> Result<Option<CertificateFiles>, &'static str> {
        match (self.tls_cert.clone(), self.tls_key.clone()) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(CertificateFiles { certificate, key })),
            (Some(_), None) => Err("`--tls-cert` requires `--tls-key`"),
            (None, Some(_)) => Err("`--tls-key` requires `--tls-cert`"),
        }
    }
}

/// Secrets, from the environment only, so that no process list shows them.
#[derive(Clone, Debug, Default)]
pub struct BootSecrets {
    /// Password of the first admin, `admin`; only read if there is no admin.
    pub admin_password: Option<Secret>,
    /// Admin token for REST, 32 characters or more.
    pub admin_token: Option<Secret>,
    /// The master key itself.
    pub master_key: Option<Secret>,
}

impl BootSecrets {
    /// Reads `SMART_BALANCER_ADMIN_PASSWORD`, `SMART_BALANCER_ADMIN_TOKEN` and `SMART_BALANCER_MASTER_KEY`.
    pub fn from_environment() -> Self {
        let read = |name: &str| std::env::var(name).ok().filter(|it| !it.is_empty()).map(Secret::new);
        Self {
            admin_password: read("SMART_BALANCER_ADMIN_PASSWORD"),
            admin_token: read("SMART_BALANCER_ADMIN_TOKEN"),
            master_key: read("SMART_BALANCER_MASTER_KEY"),
        }
    }
}

/// Parses a header name; `None` if empty.
fn header_name(text: &str) -> Result<Option<HeaderName>, String> {
    let name = text.trim();
    if name.is_empty() {
        return Ok(None);
    }
    name.parse().map(Some).map_err(|_| format!("`{name}` is not a header name"))
}

/// Parses an address to listen on: an IP or a name such as `localhost`, and a port. A name's first IPv4 address is
/// preferred.
fn listener(text: &str) -> Result<SocketAddr, String> {
    let wanted = || "expected an address and a port, such as 127.0.0.1:3000 or localhost:3000".to_owned();
    let found: Vec<_> = text.to_socket_addrs().map_err(|_| wanted())?.collect();
    found.iter().find(|it| it.is_ipv4()).or(found.first()).copied().ok_or_else(wanted)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_an_address_or_a_name_with_a_port() {
        let parsed = |text: &str| listener(text).map(|it| it.to_string());
        assert_eq!(parsed("localhost:80").as_deref(), Ok("127.0.0.1:80"));
        assert_eq!(parsed("[::1]:80").as_deref(), Ok("[::1]:80"));
        assert_eq!(parsed("0.0.0.0:0").as_deref(), Ok("0.0.0.0:0"));
        for bad in ["localhost", ":", "3000", "127.0.0.1:99999"] {
            assert!(parsed(bad).is_err_and(|it| it.contains("localhost:3000")), "{bad}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn lists_of_addresses_and_origins_are_read_from_flags() {
        let serve = |flags: &[&str]| {
            let parsed = Cli::try_parse_from(["smart-balancer", "serve"].iter().chain(flags));
            parsed.map(|it| match it.command {
                Command::Serve(settings) => settings,
                other => panic!("{other:?}"),
            })
        };
        let flags = ["--egress-allow", "169.254.1.2,169.254.1.3", "--egress-allow", "fe80::1"];
        let rules = serve(&flags).unwrap().egress_rules();
        let open: Vec<_> = rules.open.iter().map(ToString::to_string).collect();
        assert_eq!(open, ["169.254.1.2", "169.254.1.3", "fe80::1"]);
        for bad in ["169.254.169.254", "10.0.0.1", "169.254.0.0/16", "host.containers.internal"] {
            let refused = serve(&["--egress-allow", bad]).unwrap_err().to_string();
            assert!(refused.contains(bad) && refused.contains("--egress-allow"), "{refused}");
        }
        assert_eq!(serve(&[]).unwrap().cors_origins, None);
        let listed = serve(&["--cors-origins", "https://a.example, app://b"]).unwrap().cors_origins;
        assert!(matches!(listed, Some(CorsOrigins::Listed(origins)) if origins.len() == 2));
        assert_eq!(serve(&["--cors-origins", "*"]).unwrap().cors_origins, Some(CorsOrigins::Any));
        let refused = serve(&["--cors-origins", "a.example"]).unwrap_err().to_string();
        assert!(refused.contains("SCHEME://HOST"), "{refused}");
    }

    #[test]
    fn the_default_store_is_a_file_in_the_data_folder() {
        let settings =
            StoreSettings { data_dir: "/var/sb".into(), database_url: None, master_key_file: None };
        assert_eq!(settings.database_url(), "sqlite:///var/sb/smart-balancer.db");
    }
}
