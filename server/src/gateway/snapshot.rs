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
        instance_health::InstanceHealth,
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
    by_name: HashMap<String, Arc<Served>>,
    by_id: HashMap<String, Arc<Served>>,
    pub(crate) keys: ApiKeyIndex,
    /// How many calls each pool, and each balancer's weighted routes, had.
    turns: HashMap<String, Arc<AtomicU64>>,
    /// By the id of the router model, an instance or a target group.
    routers: HashMap<String, SharedRouter>,
}

/// What balancers with one router model share, and the instances it was learned from. If the health of one of them is
/// another object, its id stands for another instance now.
#[derive(Debug)]
struct SharedRouter {
    limits: Arc<RouterLimits>,
    members: HashMap<InstanceId, Arc<InstanceHealth>>,
}

impl SharedRouter {
    /// Whether it was learned from these instances, perhaps among others.
    fn covers(&self, members: &HashMap<InstanceId, Arc<InstanceHealth>>) -> bool {
        let is_known = |id, now| self.members.get(id).is_some_and(|before| Arc::ptr_eq(before, now));
        members.iter().all(|(id, now)| is_known(id, now))
    }
}

/// A balancer, ready to serve.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) stored: StoredBalancer,
    /// The pool of each route's destination, by the route's place.
    pub(crate) pools: Vec<Arc<Pool>>,
    pub(crate) router: Option<RouterModel>,
    /// Whether routing looks at what a call says.
    pub(crate) reads_text: bool,
}

/// A balancer's router model.
#[derive(Debug)]
pub(crate) struct RouterModel {
    /// A balancer of one route, which goes to the router model: the same plan and walk serve router calls.
    pub(crate) stand_in: Balancer,
    pub(crate) pools: [Arc<Pool>; 1],
    pub(crate) limits: Arc<RouterLimits>,
}

impl Snapshot {
    /// Compiles a configuration; what `earlier` measured goes on.
    pub(crate) fn new(
        configuration: &Arc<Configuration>,
        mut upstream_keys: HashMap<InstanceId, UpstreamKey>,
        api_keys: Vec<ApiKeyRecord>,
        earlier: &Self,
        deps: &UpstreamDeps<'_>,
    ) -> Self {
        let upstreams = configuration.instances.iter().map(|stored| {
            let before = earlier.upstreams.get(&stored.id).map(Arc::as_ref);
            let key = upstream_keys.remove(&stored.id);
            (stored.id.clone(), Arc::new(Upstream::new(stored, key, before, deps)))
        });
        let ids = (configuration.instances.iter().map(|it| it.id.as_str()))
            .chain(configuration.target_groups.iter().map(|it| it.id.as_str()))
            .chain(configuration.balancers.iter().map(|it| it.id.as_str()));
        let turns = ids.map(|id| (id.to_owned(), earlier.turns.get(id).cloned().unwrap_or_default()));
        let mut snapshot = Self {
            configuration: Arc::clone(configuration),
            upstreams: upstreams.collect(),
            keys: ApiKeyIndex::new(api_keys, &earlier.keys),
            turns: turns.collect(),
            ..Self::default()
        };
        for stored in &configuration.balancers {
            let served = Arc::new(snapshot.compile(stored.clone(), earlier));
            if let Some(RouterModel { limits, pools: [pool], .. }) = &served.router {
                let shared = SharedRouter { limits: Arc::clone(limits), members: snapshot.health_of(pool) };
                snapshot.routers.insert(pool.id.clone(), shared);
            }
            snapshot.by_name.insert(stored.spec.serving_name.to_ascii_lowercase(), Arc::clone(&served));
            snapshot.by_id.insert(stored.id.to_string(), served);
        }
        snapshot
    }

    /// The version of the configuration.
    pub(crate) fn version(&self) -> u64 {
        self.configuration.version
    }

    /// The enabled balancer of that serving name, without regard to case, as such names are unique.
    pub(crate) fn serving(&self, name: &str) -> Option<&Arc<Served>> {
        self.by_name.get(&name.to_ascii_lowercase()).filter(|it| it.stored.spec.enabled)
    }

    /// The balancer of that id, enabled or not.
    pub(crate) fn balancer(&self, id: &str) -> Option<&Arc<Served>> {
        self.by_id.get(id)
    }

    /// All balancers.
    pub(crate) fn balancers(&self) -> impl Iterator<Item = &Arc<Served>> {
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
    pub(crate) fn draft(&self, balancer: &Balancer) -> Served {
        let at = clock::wall();
        let stored = StoredBalancer {
            id: Default::default(),
            spec: balancer.clone(),
            revision: 0,
            created_at: at,
            updated_at: at,
        };
        self.compile(stored, self)
    }

    fn compile(&self, stored: StoredBalancer, earlier: &Self) -> Served {
        let spec = &stored.spec;
        let pools: Vec<_> = spec.routes.iter().map(|it| self.pool(&it.destination)).collect();
        let classifies = spec.routing_mode == RoutingMode::IntentClassifier;
        let router_model = spec.router_model.as_ref().filter(|_| classifies);
        let router = router_model.map(|destination| {
            let pool = self.pool(destination);
            let known = self.routers.get(&pool.id).or_else(|| {
                let members = self.health_of(&pool);
                earlier.routers.get(&pool.id).filter(|known| known.covers(&members))
            });
            let limits = known.map(|it| Arc::clone(&it.limits)).unwrap_or_default();
            RouterModel { stand_in: stand_in(destination), limits, pools: [pool] }
        });
        let reads_text = classifies || pools.iter().any(|it| it.policy == SelectionPolicy::SessionHash);
        Served { stored, pools, router, reads_text }
    }

    /// The health of all members of a pool, disabled ones included.
    fn health_of(&self, pool: &Pool) -> HashMap<InstanceId, Arc<InstanceHealth>> {
        let health = |id: &InstanceId| Some((id.clone(), Arc::clone(&self.upstreams.get(id)?.health)));
        pool.members.iter().filter_map(|it| health(&it.instance_id)).collect()
    }

    /// How everything stands at a moment.
    pub(crate) fn board(&self, now_ms: u64) -> Board<'_> {
        Board { snapshot: self, now_ms }
    }
}

fn stand_in(router_model: &Destination) -> Balancer {
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
pub(crate) struct Board<'a> {
    snapshot: &'a Snapshot,
    pub(crate) now_ms: u64,
}

impl Board<'_> {
    fn turn(&self, pool_id: &str, count: impl Fn(&AtomicU64) -> u64) -> Turn {
        Turn {
            count: self.snapshot.turns.get(pool_id).map_or(0, |it| count(it)),
            roll: clock::roll(),
            roll2: clock::roll(),
            warm_roll: clock::roll(),
            session: 0,
        }
    }
}

impl plan::Board for Board<'_> {
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
