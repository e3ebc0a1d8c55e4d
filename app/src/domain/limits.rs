//! Limits of the configuration, shared by HTML attributes, validation and error messages.

/// Maximum length of names of instances and balancers, in characters.
pub const NAME_CHARS: usize = 80;
/// Maximum length of display names, in characters.
pub const DISPLAY_NAME_CHARS: usize = 120;
/// Maximum length of descriptions, in characters.
pub const DESCRIPTION_CHARS: usize = 500;
/// Maximum length of slugs (names of target groups and routes), in characters.
pub const SLUG_CHARS: usize = 63;
/// Maximum length of requested ids including the prefix, in characters.
pub const ID_CHARS: usize = 80;
/// Maximum length of serving names, in characters.
pub const SERVING_NAME_CHARS: usize = 128;
/// Maximum length of base URLs, in characters.
pub const BASE_URL_CHARS: usize = 2_000;
/// Maximum length of upstream model ids, in characters.
pub const MODEL_CHARS: usize = 200;
/// Maximum length of upstream API keys, in characters.
pub const API_KEY_CHARS: usize = 4_096;
/// Maximum number of additional headers of an instance.
pub const HEADERS: usize = 16;
/// Maximum length of header names, in characters.
pub const HEADER_NAME_CHARS: usize = 100;
/// Maximum number of models that a discovery lists.
pub const FOUND_MODELS: usize = 500;
/// Maximum length of header values, in characters.
pub const HEADER_VALUE_CHARS: usize = 4_096;

/// Minimum length of passwords, in characters.
pub const PASSWORD_MIN_CHARS: usize = 10;
/// Maximum length of passwords, in characters. It bounds the cost of hashing input from strangers.
pub const PASSWORD_MAX_CHARS: usize = 256;

/// Minimum length of intents, in characters.
pub const INTENT_MIN_CHARS: usize = 3;
/// Maximum length of intents, in characters.
pub const INTENT_MAX_CHARS: usize = 300;
/// Maximum number of sample prompts per route.
pub const EXAMPLES: usize = 20;
/// Maximum length of sample prompts, in characters.
pub const EXAMPLE_CHARS: usize = 2_000;
/// Maximum number of routes per balancer; at least one is required.
pub const ROUTES: usize = 64;
/// Maximum number of members per target group; at least one is required.
pub const MEMBERS: usize = 256;

/// Maximum weight of a member or route; 0 means no traffic.
pub const WEIGHT: u64 = 1_000_000;
/// Maximum priority number of a member or route; 1 is the first tier.
pub const PRIORITY: u64 = 1_000;

/// Maximum timeout, in milliseconds (one hour).
pub const TIMEOUT_MS: u64 = 3_600_000;
/// Maximum concurrency limit of an instance; 0 means no limit.
pub const MAX_IN_FLIGHT: u64 = 1_000_000;
/// Maximum attempts per call; at least one is required.
pub const ATTEMPTS: u64 = 10;
/// Minimum budget of a classification, in milliseconds.
pub const BUDGET_MIN_MS: u64 = 100;
/// Maximum budget of a classification, in milliseconds.
pub const BUDGET_MAX_MS: u64 = 30_000;
/// Maximum lifetime of a cached decision, in seconds (one day); 0 turns the cache off.
pub const CACHE_TTL_S: u64 = 86_400;
/// Maximum number of earlier user turns shown to the router model.
pub const CONTEXT_TURNS: u64 = 10;
/// Minimum text length shown to the router model, in characters.
pub const CLASSIFY_MIN_CHARS: u64 = 500;
/// Maximum text length shown to the router model, in characters.
pub const CLASSIFY_MAX_CHARS: u64 = 100_000;
/// Maximum interval of keep-alive comments, in seconds; 0 sends none.
pub const STREAM_KEEPALIVE_S: u64 = 300;
/// Maximum plausible length of an embedding.
pub const DIMENSIONS: u64 = 65_536;
/// Maximum rate limit of an API key, in calls per minute.
pub const KEY_RPM: u64 = 1_000_000;
/// Maximum number of balancers in the scope of an API key.
pub const KEY_BALANCERS: usize = 1_000;
/// Maximum size of pasted JSON or a pasted call, in bytes.
pub const PASTE_BYTES: usize = 1024 * 1024;
/// Length from which an intent gets a warning, in characters.
pub const INTENT_LONG_CHARS: usize = 160;
/// Maximum number of objects of one kind in an imported document.
pub const IMPORT_OBJECTS: usize = 2_000;
/// Maximum number of errors reported by an import.
pub const IMPORT_ERRORS: usize = 1_000;
