//! Every limit of the configuration, once: the browser's attributes, the server's checks and the texts of errors
//! all read these names.

/// Internal and display names of instances and balancers, in characters.
pub const NAME_CHARS: usize = 80;
/// Display names, in characters.
pub const DISPLAY_NAME_CHARS: usize = 120;
/// Descriptions, in characters.
pub const DESCRIPTION_CHARS: usize = 500;
/// Slugs (names of target groups and routes), in characters.
pub const SLUG_CHARS: usize = 63;
/// Ids given by a caller, prefix included, in characters.
pub const ID_CHARS: usize = 80;
/// Serving names, in characters.
pub const SERVING_NAME_CHARS: usize = 128;
/// Base URLs, in characters.
pub const BASE_URL_CHARS: usize = 2_000;
/// Upstream model ids, in characters.
pub const MODEL_CHARS: usize = 200;
/// Upstream API keys, in characters.
pub const API_KEY_CHARS: usize = 4_096;

/// The shortest password, in characters.
pub const PASSWORD_MIN_CHARS: usize = 10;
/// The longest password, in characters: what hashing costs must not depend on what strangers send.
pub const PASSWORD_MAX_CHARS: usize = 256;

/// The shortest intent, in characters.
pub const INTENT_MIN_CHARS: usize = 3;
/// The longest intent, in characters.
pub const INTENT_MAX_CHARS: usize = 300;
/// Sample prompts of one route.
pub const EXAMPLES: usize = 20;
/// The longest sample prompt, in characters.
pub const EXAMPLE_CHARS: usize = 2_000;
/// Routes of one balancer; there is at least one.
pub const ROUTES: usize = 64;
/// Members of one target group; there is at least one.
pub const MEMBERS: usize = 256;

/// The largest weight of a member or route; 0 means "no traffic".
pub const WEIGHT: u64 = 1_000_000;
/// The largest priority number of a member or route; 1 is the first tier.
pub const PRIORITY: u64 = 1_000;

/// The longest timeout, in milliseconds (one hour).
pub const TIMEOUT_MS: u64 = 3_600_000;
/// The most upstream calls that an instance may be limited to; 0 means "no limit".
pub const MAX_IN_FLIGHT: u64 = 1_000_000;
/// Attempts of one call: at least one, at most this many.
pub const ATTEMPTS: u64 = 10;
/// The shortest budget of a classification, in milliseconds.
pub const BUDGET_MIN_MS: u64 = 100;
/// The longest budget of a classification, in milliseconds.
pub const BUDGET_MAX_MS: u64 = 30_000;
/// The longest life of a cached decision, in seconds (one day); 0 turns the cache off.
pub const CACHE_TTL_S: u64 = 86_400;
/// Earlier user turns that the router model may see.
pub const CONTEXT_TURNS: u64 = 10;
/// The least text that the router model is given, in characters.
pub const CLASSIFY_MIN_CHARS: u64 = 500;
/// The most text that the router model is given, in characters.
pub const CLASSIFY_MAX_CHARS: u64 = 100_000;
/// The longest pause between keep-alive comments on a stream, in seconds; 0 sends none.
pub const STREAM_KEEPALIVE_S: u64 = 300;
/// The largest embedding that is believed, in dimensions.
pub const DIMENSIONS: u64 = 65_536;
/// The most calls a minute that an API key may be limited to.
pub const KEY_RPM: u64 = 1_000_000;
/// Balancers that one API key may name.
pub const KEY_BALANCERS: usize = 1_000;
/// The longest text that is read as pasted JSON or a pasted call, in bytes.
pub const PASTE_BYTES: usize = 1024 * 1024;
/// From this length on an intent gets a hint to be shorter, in characters.
pub const INTENT_LONG_CHARS: usize = 160;
/// Objects of one kind that an imported document may hold.
pub const IMPORT_OBJECTS: usize = 2_000;
/// FieldErrors that an import tells at once.
pub const IMPORT_FAULTS: usize = 1_000;
