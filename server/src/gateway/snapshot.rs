//! The configuration as calls use it: compiled when it is published, immutable afterwards, loaded once per
//! call. Health, connections and counters are shared with the previous snapshot.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use app::domain::{
    api::{Api, Endpoint},
    config::{
        balancer::{Balancer, Destination, Route, RoutingMode, Stickiness},
        configuration::{Configuration, StoredBalancer},
        instance::WorkloadKind,
        target_group::SelectionPolicy,
    },
    ids::InstanceId,
    routing::{
        classify::{Labels, RequestShape},
        decision::MemberState,
        plan::{self, InstanceStatus, Pool},
        select::SelectionInput,
    },
};

use axum::http::HeaderValue;

use super::state::clock;
use crate::gateway::{
    state::{
        api_keys::{ApiKeyIndex, ApiKeyRecord},
        instance_health::InstanceHealth,
        router_limits::RouterLimits,
    },
    upstream::{Upstream, UpstreamDeps, UpstreamSecrets},
};

/// Everything that calls need from the configuration.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    configuration: Arc<Configuration>,
    upstreams: HashMap<InstanceId, Arc<Upstream>>,
    /// The pools of the destinations of all balancers, which many of them share.
    pools: HashMap<Destination, Arc<Pool>>,
    /// By serving name in lower case.
    by_name: HashMap<String, Arc<CompiledBalancer>>,
    by_id: HashMap<String, Arc<CompiledBalancer>>,
    pub(crate) keys: ApiKeyIndex,
    /// Number of calls of each pool and of each balancer with weighted routes.
    call_counts: HashMap<String, Arc<CallCounts>>,
    /// By the id of the router model, an instance or a target group.
    routers: HashMap<String, SharedRouter>,
}

/// Number of calls by path, by the number of its [`Endpoint`]: the members that speak one API share its calls exactly,
/// whatever else is called meanwhile.
type CallCounts = [AtomicU64; Endpoint::COUNT];

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

/// A balancer with its pools and router model resolved.
#[derive(Debug)]
pub(crate) struct CompiledBalancer {
    pub(crate) stored: StoredBalancer,
    /// The serving name, as records share it.
    pub(crate) serving_name: Arc<str>,
    /// The name of each route, as records share it.
    pub(crate) route_names: Vec<Arc<str>>,
    /// The router model's label for none of the routes, as records share it.
    pub(crate) none_label: Arc<str>,
    /// The same names as headers.
    pub(crate) headers: NameHeaders,
    /// The pool of each route's destination, by route index.
    pub(crate) pools: Vec<Arc<Pool>>,
    pub(crate) router: Option<RouterModel>,
    /// Whether routing needs the text of a call.
    pub(crate) needs_text: bool,
    /// Whether calls look up the routes of earlier turns.
    pub(crate) remembers_turns: bool,
    /// Whether routing asks which conversation a call belongs to.
    pub(crate) needs_conversation: bool,
    /// Whether an instance is configured not to speak chat completions.
    pub(crate) has_declared_apis: bool,
}

/// Names of a balancer as the headers of its answers. One that no header can carry is left out.
#[derive(Debug, Default)]
pub(crate) struct NameHeaders {
    pub(crate) serving_name: Option<HeaderValue>,
    pub(crate) routes: Vec<Option<HeaderValue>>,
}

/// The router model of a balancer.
#[derive(Debug)]
pub(crate) struct RouterModel {
    /// Whether it is asked as a chat model or as a decision model.
    pub(crate) kind: WorkloadKind,
    /// A balancer with one route to the router model, so router calls use the same planning.
    pub(crate) spec: Balancer,
    pub(crate) pools: [Arc<Pool>; 1],
    pub(crate) limits: Arc<RouterLimits>,
}

impl CompiledBalancer {
    pub(crate) fn spec(&self) -> &Balancer {
        &self.stored.spec
    }

    /// The index of the enabled route with that name.
    pub(crate) fn route_index(&self, name: &str) -> Option<usize> {
        self.spec().routes.iter().position(|it| it.enabled && it.name == name)
    }
}

impl Snapshot {
    /// Compiles a configuration and takes over the state of the `previous` snapshot.
    pub(crate) fn new(
        configuration: &Arc<Configuration>,
        mut secrets: HashMap<InstanceId, UpstreamSecrets>,
        api_keys: Vec<ApiKeyRecord>,
        previous: &Self,
        deps: &UpstreamDeps<'_>,
    ) -> Self {
        let upstreams = configuration.instances.iter().map(|stored| {
            let earlier = previous.upstreams.get(&stored.id).map(Arc::as_ref);
            let secrets = secrets.remove(&stored.id).unwrap_or_default();
            (stored.id.clone(), Arc::new(Upstream::new(stored, secrets, earlier, deps)))
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
        let specs = configuration.balancers.iter().map(|it| &it.spec);
        for destination in
            specs.flat_map(|it| it.routes.iter().map(|it| &it.destination).chain(&it.router_model))
        {
            if !snapshot.pools.contains_key(destination) {
                let pool = snapshot.pool(destination);
                snapshot.pools.insert(destination.clone(), pool);
            }
        }
        let same_targets = snapshot.has_targets_of(previous);
        for stored in configuration.balancers.iter() {
            // A change replaces one balancer of thousands.
            let earlier =
                previous.by_id.get(stored.id.as_str()).filter(|it| same_targets && it.stored == *stored);
            let balancer = match earlier {
                Some(earlier) => Arc::clone(earlier),
                None => Arc::new(snapshot.compile(stored.clone(), previous)),
            };
            if let Some(RouterModel { limits, pools: [pool], .. }) = &balancer.router {
                let shared = SharedRouter { limits: Arc::clone(limits), members: snapshot.health_of(pool) };
                snapshot.routers.insert(pool.id.clone(), shared);
            }
            snapshot.by_name.insert(stored.spec.serving_name.to_ascii_lowercase(), Arc::clone(&balancer));
            snapshot.by_id.insert(stored.id.to_string(), balancer);
        }
        snapshot
    }

    /// Whether everything that balancers are compiled from, besides themselves, is as it was in another snapshot.
    fn has_targets_of(&self, other: &Self) -> bool {
        let health = |of: &Self, id| of.upstreams.get(id).map(|it| Arc::as_ptr(&it.health));
        self.configuration.instances == other.configuration.instances
            && self.configuration.target_groups == other.configuration.target_groups
            && self.upstreams.keys().all(|id| health(self, id) == health(other, id))
    }

    pub(crate) fn version(&self) -> u64 {
        self.configuration.version
    }

    /// The enabled balancer with that serving name, ignoring case.
    pub(crate) fn by_serving_name(&self, name: &str) -> Option<&Arc<CompiledBalancer>> {
        let exact = self.by_name.get(name);
        let found = exact.or_else(|| self.by_name.get(&name.to_ascii_lowercase()));
        found.filter(|it| it.stored.spec.enabled)
    }

    /// The balancer with that id, enabled or not.
    pub(crate) fn balancer(&self, id: &str) -> Option<&Arc<CompiledBalancer>> {
        self.by_id.get(id)
    }

    /// All balancers, enabled or not.
    pub(crate) fn balancers(&self) -> impl Iterator<Item = &Arc<CompiledBalancer>> {
        self.by_id.values()
    }

    pub(crate) fn upstream(&self, id: &InstanceId) -> Option<&Arc<Upstream>> {
        self.upstreams.get(id)
    }

    pub(crate) fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values()
    }

    /// The pool of a destination; without members if the destination does not exist.
    pub(crate) fn pool(&self, destination: &Destination) -> Arc<Pool> {
        let known = self.pools.get(destination).cloned();
        known.unwrap_or_else(|| {
            let pool = Pool::of(&self.configuration, destination).unwrap_or_else(|| Pool {
                id: destination.target.clone(),
                policy: SelectionPolicy::Priority,
                members: Vec::new(),
            });
            Arc::new(pool)
        })
    }

    /// Compiles an unsaved balancer against this configuration.
    pub(crate) fn compile_draft(&self, balancer: &Balancer) -> CompiledBalancer {
        let now = crate::clock::now();
        let stored = StoredBalancer {
            id: Default::default(),
            spec: balancer.clone(),
            revision: 0,
            created_at: now,
            updated_at: now,
        };
        self.compile(stored, self)
    }

    fn compile(&self, stored: StoredBalancer, previous: &Self) -> CompiledBalancer {
        let spec = &stored.spec;
        let pools: Vec<_> = spec.routes.iter().map(|it| self.pool(&it.destination)).collect();
        let classifies = spec.routing_mode == RoutingMode::IntentClassifier;
        let router_model = spec.router_model.as_ref().filter(|_| classifies);
        let router = router_model.map(|destination| {
            let pool = self.pool(destination);
            let known = self.routers.get(&pool.id).or_else(|| {
                let members = self.health_of(&pool);
                previous.routers.get(&pool.id).filter(|known| known.covers(&members))
            });
            let limits = known.map(|it| Arc::clone(&it.limits)).unwrap_or_default();
            let first = pool.members.iter().find_map(|it| self.upstreams.get(&it.instance_id));
            let kind = first.map(|it| it.kind).unwrap_or_default();
            RouterModel { kind, spec: router_spec(destination), limits, pools: [pool] }
        });
        let hashes_sessions = pools.iter().any(|it| it.policy == SelectionPolicy::SessionHash);
        let remembers_turns = classifies && spec.classifier.stickiness != Stickiness::PerRequest;
        let speaks_chat = |it: &Arc<Upstream>| it.speaks(Endpoint::ChatCompletions, 0) != Some(false);
        let has_declared_apis = !self.members(&pools).all(speaks_chat);
        CompiledBalancer {
            serving_name: spec.serving_name.as_str().into(),
            route_names: spec.routes.iter().map(|it| it.name.as_str().into()).collect(),
            none_label: Labels::of(spec).none.into(),
            headers: NameHeaders {
                serving_name: HeaderValue::from_str(&spec.serving_name).ok(),
                routes: spec.routes.iter().map(|it| HeaderValue::from_str(&it.name).ok()).collect(),
            },
            needs_text: classifies || hashes_sessions,
            remembers_turns,
            needs_conversation: remembers_turns || hashes_sessions,
            has_declared_apis,
            stored,
            pools,
            router,
        }
    }

    /// The health of all members of a pool, disabled ones included.
    fn health_of(&self, pool: &Pool) -> HashMap<InstanceId, Arc<InstanceHealth>> {
        let health = |id: &InstanceId| Some((id.clone(), Arc::clone(&self.upstreams.get(id)?.health)));
        pool.members.iter().filter_map(|it| health(&it.instance_id)).collect()
    }

    /// The instances of pools that may get calls.
    fn members<'a>(&'a self, pools: &'a [Arc<Pool>]) -> impl Iterator<Item = &'a Arc<Upstream>> {
        let members = pools.iter().flat_map(|it| &it.members).filter(|it| it.enabled && it.weight > 0);
        members.filter_map(|it| self.upstreams.get(&it.instance_id))
    }

    /// Whether no enabled instance of a balancer speaks what is called at a path.
    pub(crate) fn nobody_speaks(&self, balancer: &CompiledBalancer, endpoint: Endpoint, now_ms: u64) -> bool {
        let mut members = self.members(&balancer.pools).peekable();
        members.peek().is_some() && members.all(|it| it.speaks(endpoint, now_ms) == Some(false))
    }

    /// The APIs that an enabled instance of a balancer is known to speak.
    pub(crate) fn spoken_apis(&self, balancer: &CompiledBalancer, now_ms: u64) -> Vec<Api> {
        let kind = balancer.spec().workload_kind;
        let is_spoken = |api: &Api| {
            self.members(&balancer.pools).any(|it| it.speaks(Endpoint::of(*api), now_ms) == Some(true))
        };
        Api::ALL.into_iter().filter(|it| it.workload_kind() == kind).filter(is_spoken).collect()
    }

    /// The first API that an instance of a route speaks or may speak.
    pub(crate) fn first_api(&self, balancer: &CompiledBalancer, route: &str, now_ms: u64) -> Api {
        let pools =
            balancer.route_index(route).and_then(|it| balancer.pools.get(it)).map(std::slice::from_ref);
        let apis = Api::ALL.into_iter().filter(|it| it.workload_kind() == balancer.spec().workload_kind);
        let speaks = |api: Api, answer: Option<bool>| {
            self.members(pools.unwrap_or_default()).any(|it| it.speaks(Endpoint::of(api), now_ms) == answer)
        };
        let mut known = apis.clone().filter(|it| speaks(*it, Some(true)));
        let first = known.next().or_else(|| apis.clone().find(|it| speaks(*it, None)));
        first.or_else(|| apis.clone().next()).unwrap_or_default()
    }

    /// The shape of requests that the first instance of a route has been found to take.
    pub(crate) fn learned_shape(
        &self,
        balancer: &CompiledBalancer,
        route: &str,
        now_ms: u64,
    ) -> RequestShape {
        let pool = balancer.route_index(route).and_then(|it| balancer.pools.get(it));
        let mut instances = self.members(pool.map(std::slice::from_ref).unwrap_or_default());
        instances.next().map(|it| it.health.request_shape.get(now_ms).shape).unwrap_or_default()
    }

    /// The live state of the instances at a moment, for planning calls of a path, or of any path.
    pub(crate) fn instances_at(
        &self,
        endpoint: impl Into<Option<Endpoint>>,
        now_ms: u64,
    ) -> LiveInstances<'_> {
        LiveInstances { snapshot: self, endpoint: endpoint.into(), now_ms }
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

/// The live state of instances and counters that plans are made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveInstances<'a> {
    snapshot: &'a Snapshot,
    endpoint: Option<Endpoint>,
    now_ms: u64,
}

impl LiveInstances<'_> {
    fn turn(&self, pool_id: &str, count: impl Fn(&AtomicU64) -> u64) -> SelectionInput {
        let place = self.endpoint.unwrap_or_default() as usize;
        SelectionInput {
            count: self.snapshot.call_counts.get(pool_id).map_or(0, |it| count(&it[place])),
            roll: clock::random_unit(),
            roll2: clock::random_unit(),
            slow_start_roll: clock::random_unit(),
            session: 0,
        }
    }
}

impl plan::LiveState for LiveInstances<'_> {
    fn status(&self, instance: &InstanceId) -> InstanceStatus {
        let Some(upstream) = self.snapshot.upstreams.get(instance) else { return InstanceStatus::default() };
        let status = upstream.health.status(upstream.max_in_flight, self.now_ms);
        match self.endpoint.and_then(|it| upstream.speaks(it, self.now_ms)) {
            Some(false) => InstanceStatus { state: MemberState::ApiNotSupported, ..status },
            _ => status,
        }
    }

    fn next_input(&self, pool_id: &str) -> SelectionInput {
        self.turn(pool_id, |count| count.fetch_add(1, Relaxed))
    }

    fn peek_input(&self, pool_id: &str) -> SelectionInput {
        self.turn(pool_id, |count| count.load(Relaxed))
    }
}

#[cfg(test)]
mod tests;
