//! The configuration as calls use it: compiled once when it is published, immutable afterwards, taken once for each
//! call. What was measured of instances, pools and keys is shared with the snapshot before.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::{
    balancer::{Balancer, Destination, Route, RoutingMode},
    configuration::{Configuration, StoredBalancer},
    ids::InstanceId,
    plan::{self, Pool, Standing},
    select::Turn,
    target_group::SelectionPolicy,
};

use super::state::clock;
use crate::gateway::{
    state::{
        api_keys::{ApiKeyIndex, ApiKeyRecord},
        router_limits::RouterLimits,
    },
    upstream::{Upstream, UpstreamDeps, UpstreamKey},
};

/// Everything that a call may need of the configuration.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    configuration: Arc<Configuration>,
    upstreams: HashMap<InstanceId, Arc<Upstream>>,
    /// By serving name, in lower case.
    by_name: HashMap<String, Arc<CompiledBalancer>>,
    by_id: HashMap<String, Arc<CompiledBalancer>>,
    pub(crate) keys: ApiKeyIndex,
    /// How many calls each pool, and each balancer's weighted routes, had.
    call_counts: HashMap<String, Arc<AtomicU64>>,
    router_limits: HashMap<String, Arc<RouterLimits>>,
}

/// A balancer, ready to serve.
#[derive(Debug)]
pub(crate) struct CompiledBalancer {
    pub(crate) stored: StoredBalancer,
    /// The pool of each route's destination, by the route's place.
    pub(crate) pools: Vec<Arc<Pool>>,
    pub(crate) router: Option<RouterModel>,
    /// Whether routing looks at what a call says.
    pub(crate) needs_text: bool,
}

/// A balancer's router model.
#[derive(Debug)]
pub(crate) struct RouterModel {
    /// A balancer of one route, which goes to the router model: the same plan and walk serve router calls.
    pub(crate) spec: Balancer,
    pub(crate) pools: [Arc<Pool>; 1],
    pub(crate) limits: Arc<RouterLimits>,
}

impl CompiledBalancer {
    pub(crate) fn spec(&self) -> &Balancer {
        &self.stored.spec
    }
}

impl Snapshot {
    /// Compiles a configuration; what `previous` measured goes on.
    pub(crate) fn new(
        configuration: &Arc<Configuration>,
        mut upstream_keys: HashMap<InstanceId, UpstreamKey>,
        api_keys: Vec<ApiKeyRecord>,
        previous: &Self,
        deps: &UpstreamDeps<'_>,
    ) -> Self {
        let upstreams = configuration.instances.iter().map(|stored| {
            let earlier = previous.upstreams.get(&stored.id).map(Arc::as_ref);
            let key = upstream_keys.remove(&stored.id);
            (stored.id.clone(), Arc::new(Upstream::new(stored, key, earlier, deps)))
        });
        let ids = (configuration.instances.iter().map(|it| it.id.as_str()))
            .chain(configuration.target_groups.iter().map(|it| it.id.as_str()))
            .chain(configuration.balancers.iter().map(|it| it.id.as_str()));
        let call_counts =
            ids.map(|id| (id.to_owned(), previous.call_counts.get(id).cloned().unwrap_or_default()));
        let mut snapshot = Self {
            configuration: Arc::clone(configuration),
            upstreams: upstreams.collect(),
            keys: ApiKeyIndex::new(api_keys, &previous.keys),
            call_counts: call_counts.collect(),
            ..Self::default()
        };
        for stored in &configuration.balancers {
            let balancer = Arc::new(snapshot.compile(stored.clone(), &previous.router_limits));
            if let Some(router) = &balancer.router {
                snapshot.router_limits.insert(router.pools[0].id.clone(), Arc::clone(&router.limits));
            }
            snapshot.by_name.insert(stored.spec.serving_name.to_ascii_lowercase(), Arc::clone(&balancer));
            snapshot.by_id.insert(stored.id.to_string(), balancer);
        }
        snapshot
    }

    /// The version of the configuration.
    pub(crate) fn version(&self) -> u64 {
        self.configuration.version
    }

    /// The enabled balancer of that serving name, without regard to case, as such names are unique.
    pub(crate) fn by_serving_name(&self, name: &str) -> Option<&Arc<CompiledBalancer>> {
        self.by_name.get(&name.to_ascii_lowercase()).filter(|it| it.stored.spec.enabled)
    }

    /// The balancer of that id, enabled or not.
    pub(crate) fn balancer(&self, id: &str) -> Option<&Arc<CompiledBalancer>> {
        self.by_id.get(id)
    }

    /// All balancers.
    pub(crate) fn balancers(&self) -> impl Iterator<Item = &Arc<CompiledBalancer>> {
        self.by_id.values()
    }

    pub(crate) fn upstream(&self, id: &InstanceId) -> Option<&Arc<Upstream>> {
        self.upstreams.get(id)
    }

    /// All instances.
    pub(crate) fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values()
    }

    /// The pool of a destination; one without members where it points at nothing.
    pub(crate) fn pool(&self, destination: &Destination) -> Arc<Pool> {
        Arc::new(Pool::of(&self.configuration, destination).unwrap_or_else(|| Pool {
            id: destination.target.clone(),
            policy: SelectionPolicy::Priority,
            members: Vec::new(),
        }))
    }

    /// A balancer that is not saved, as it would be served now.
    pub(crate) fn compile_draft(&self, balancer: &Balancer) -> CompiledBalancer {
        let now = crate::clock::now();
        let stored = StoredBalancer {
            id: Default::default(),
            spec: balancer.clone(),
            revision: 0,
            created_at: now,
            updated_at: now,
        };
        self.compile(stored, &self.router_limits)
    }

    fn compile(
        &self,
        stored: StoredBalancer,
        router_limits: &HashMap<String, Arc<RouterLimits>>,
    ) -> CompiledBalancer {
        let spec = &stored.spec;
        let pools: Vec<_> = spec.routes.iter().map(|it| self.pool(&it.destination)).collect();
        let classifies = spec.routing_mode == RoutingMode::IntentClassifier;
        let router_model = spec.router_model.as_ref().filter(|_| classifies);
        let router = router_model.map(|destination| {
            let pool = self.pool(destination);
            let known = self.router_limits.get(&pool.id).or_else(|| router_limits.get(&pool.id)).cloned();
            RouterModel { spec: router_spec(destination), limits: known.unwrap_or_default(), pools: [pool] }
        });
        let needs_text = classifies || pools.iter().any(|it| it.policy == SelectionPolicy::SessionHash);
        CompiledBalancer { stored, pools, router, needs_text }
    }

    /// How everything stands at a moment.
    pub(crate) fn instances_at(&self, now_ms: u64) -> LiveInstances<'_> {
        LiveInstances { snapshot: self, now_ms }
    }
}

fn router_spec(router_model: &Destination) -> Balancer {
    let route = Route {
        name: "router".to_owned(),
        destination: router_model.clone(),
        is_default: true,
        ..Route::default()
    };
    Balancer { routes: vec![route], ..Balancer::default() }
}

/// The running system as plans see it, at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveInstances<'a> {
    snapshot: &'a Snapshot,
    now_ms: u64,
}

impl LiveInstances<'_> {
    fn turn(&self, pool_id: &str, count: impl Fn(&AtomicU64) -> u64) -> Turn {
        Turn {
            count: self.snapshot.call_counts.get(pool_id).map_or(0, |it| count(it)),
            roll: clock::random_unit(),
            roll2: clock::random_unit(),
            warm_roll: clock::random_unit(),
            session: 0,
        }
    }
}

impl plan::Board for LiveInstances<'_> {
    fn standing(&self, instance: &InstanceId) -> Standing {
        let known = self.snapshot.upstreams.get(instance);
        known.map(|it| it.health.standing(it.max_in_flight, self.now_ms)).unwrap_or_default()
    }

    fn next_turn(&self, pool_id: &str) -> Turn {
        self.turn(pool_id, |count| count.fetch_add(1, Relaxed))
    }

    fn peek_turn(&self, pool_id: &str) -> Turn {
        self.turn(pool_id, |count| count.load(Relaxed))
    }
}
