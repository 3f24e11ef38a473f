//! The streets of central Helsinki as vehicles may use them: shortest ways, and a vehicle that follows one.

use crate::domain::geo::Point;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// © OpenStreetMap contributors, `ODbL`; see the note beside it.
const GRAPH: &[u8] = include_bytes!("helsinki/roadgraph.json");

/// A strongly connected graph: every node can be reached from every other.
#[derive(Debug)]
pub(super) struct Roads {
    nodes: Vec<Point>,
    edges: Vec<Edge>,
    /// By node: the edges that leave it.
    leaving: Vec<Vec<usize>>,
}

#[derive(Debug)]
struct Edge {
    from: usize,
    to: usize,
    length_m: f64,
    limit_mps: f64,
    line: Vec<Point>,
}

#[derive(Deserialize)]
struct Graph {
    /// Longitude first.
    nodes: Vec<[f64; 2]>,
    edges: Vec<GraphEdge>,
}

#[derive(Deserialize)]
struct GraphEdge {
    a: usize,
    b: usize,
    m: f64,
    kmh: f64,
    g: Vec<[f64; 2]>,
}

/// Where a vehicle is and how it moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Motion {
    pub(super) point: Point,
    pub(super) speed_mps: f64,
    /// Clockwise from north.
    pub(super) heading_deg: f64,
}

impl Roads {
    /// The built-in streets.
    pub(super) fn read() -> Self {
        let graph: Graph = serde_json::from_slice(GRAPH).expect("a test reads the built-in streets");
        let nodes: Vec<Point> = graph.nodes.iter().map(point).collect();
        let edge = |edge: GraphEdge| Edge {
            from: edge.a,
            to: edge.b,
            length_m: edge.m.max(1.0),
            limit_mps: edge.kmh / 3.6,
            line: edge.g.iter().map(point).collect(),
        };
        let edges: Vec<Edge> = graph.edges.into_iter().map(edge).collect();
        let mut leaving = vec![Vec::new(); nodes.len()];
        for (index, edge) in edges.iter().enumerate() {
            leaving[edge.from].push(index);
        }
        Self { nodes, edges, leaving }
    }

    /// How many nodes there are, numbered from 0.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The node closest to `point`.
    pub(super) fn nearest(&self, point: Point) -> usize {
        let distance = |node: &usize| self.nodes[*node].distance_m(point);
        (0..self.nodes.len()).min_by(|one, other| distance(one).total_cmp(&distance(other))).expect("there are streets")
    }

    /// The quickest way between two nodes: its edges in order, none if they are the same (Dijkstra over milliseconds).
    fn way(&self, from: usize, to: usize) -> Vec<usize> {
        let mut best = vec![(u64::MAX, usize::MAX); self.nodes.len()];
        let mut open = BinaryHeap::from([(Reverse(0_u64), from)]);
        best[from].0 = 0;
        while let Some((Reverse(cost), node)) = open.pop() {
            if node == to {
                break;
            }
            if cost > best[node].0 {
                continue;
            }
            for &index in &self.leaving[node] {
                let edge = &self.edges[index];
                let cost = cost + edge.cost_ms();
                if cost < best[edge.to].0 {
                    best[edge.to] = (cost, index);
                    open.push((Reverse(cost), edge.to));
                }
            }
        }
        let mut way = Vec::new();
        let mut node = to;
        while node != from && best[node].1 != usize::MAX {
            way.push(best[node].1);
            node = self.edges[best[node].1].from;
        }
        way.reverse();
        way
    }
}

impl Edge {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a street is passed in a positive, small number of milliseconds")]
    fn cost_ms(&self) -> u64 {
        (self.length_m / self.limit_mps * 1000.0) as u64
    }

    /// The point so many metres along, and where the street leads there.
    fn along(&self, metres: f64) -> (Point, f64) {
        let mut left = metres;
        for pair in self.line.windows(2) {
            let length = pair[0].distance_m(pair[1]);
            if left <= length && length > 0.0 {
                return (between(pair[0], pair[1], left / length), heading(pair[0], pair[1]));
            }
            left -= length;
        }
        let last = self.line.len() - 1;
        (self.line[last], heading(self.line[last.saturating_sub(1)], self.line[last]))
    }
}

/// A vehicle at a node, or on its way to one.
#[derive(Debug)]
pub(super) struct Vehicle {
    node: usize,
    /// Edges still to drive, the current one first.
    way: Vec<usize>,
    along_m: f64,
    speed_mps: f64,
    heading_deg: f64,
}

impl Vehicle {
    /// Parked at a node.
    pub(super) fn parked(node: usize) -> Self {
        Self { node, way: Vec::new(), along_m: 0.0, speed_mps: 0.0, heading_deg: 0.0 }
    }

    /// Sets out for a node; a vehicle under way finishes its street first, for there is no turning on it.
    pub(super) fn set_out(&mut self, roads: &Roads, to: usize) {
        let from = match self.way.first() {
            Some(&current) => roads.edges[current].to,
            None => self.node,
        };
        self.way.truncate(1);
        self.way.extend(roads.way(from, to));
    }

    /// Whether it stands where it was to go.
    pub(super) fn is_there(&self) -> bool {
        self.way.is_empty()
    }

    /// Drives on for so many seconds, at `pace` of what the street allows (0 to 1).
    pub(super) fn drive(&mut self, roads: &Roads, seconds: f64, pace: f64) {
        let mut left = seconds;
        while let Some(&current) = self.way.first() {
            let edge = &roads.edges[current];
            self.speed_mps = edge.limit_mps * pace;
            if self.speed_mps <= 0.0 {
                return;
            }
            let rest_m = edge.length_m - self.along_m;
            let reach_m = self.speed_mps * left;
            if reach_m < rest_m {
                self.along_m += reach_m;
                return;
            }
            left -= rest_m / self.speed_mps;
            self.node = edge.to;
            self.heading_deg = edge.along(edge.length_m).1;
            self.along_m = 0.0;
            self.way.remove(0);
        }
        self.speed_mps = 0.0;
    }

    /// Where it is now.
    pub(super) fn motion(&self, roads: &Roads) -> Motion {
        match self.way.first() {
            Some(&current) => {
                let (point, heading_deg) = roads.edges[current].along(self.along_m);
                Motion { point, speed_mps: self.speed_mps, heading_deg }
            }
            None => Motion { point: roads.nodes[self.node], speed_mps: 0.0, heading_deg: self.heading_deg },
        }
    }
}

fn point([longitude, latitude]: &[f64; 2]) -> Point {
    Point::parse(*latitude, *longitude).expect("a test reads the built-in streets")
}

/// Streets are short: straight in degrees is straight enough.
fn between(from: Point, to: Point, part: f64) -> Point {
    let mix = |from: f64, to: f64| part.mul_add(to - from, from);
    Point::parse(mix(from.latitude(), to.latitude()), mix(from.longitude(), to.longitude())).expect("between two points of the earth")
}

fn heading(from: Point, to: Point) -> f64 {
    let north = to.latitude() - from.latitude();
    let east = (to.longitude() - from.longitude()) * from.latitude().to_radians().cos();
    (east.atan2(north).to_degrees() + 360.0) % 360.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_can_be_reached() {
        let roads = Roads::read();
        assert!(roads.len() > 500);
        for to in (1..roads.len()).step_by(17) {
            assert!(!roads.way(0, to).is_empty(), "no way to {to}");
            assert!(!roads.way(to, 0).is_empty(), "no way from {to}");
        }
    }

    #[test]
    fn a_way_is_connected_and_a_vehicle_ends_where_it_was_to_go() {
        let roads = Roads::read();
        let (from, to) = (3, roads.len() - 3);
        let way = roads.way(from, to);
        assert_eq!(roads.edges[way[0]].from, from);
        assert!(way.windows(2).all(|pair| roads.edges[pair[0]].to == roads.edges[pair[1]].from));
        let mut vehicle = Vehicle::parked(from);
        vehicle.set_out(&roads, to);
        let mut before = vehicle.motion(&roads).point;
        for _ in 0..3_600 {
            vehicle.drive(&roads, 1.0, 0.8);
            let now = vehicle.motion(&roads);
            // Within a second nobody drives further than the fastest street allows, so it never jumps.
            assert!(now.point.distance_m(before) < 25.0, "jumped {} m", now.point.distance_m(before));
            assert!((0.0..360.0).contains(&now.heading_deg));
            before = now.point;
            if vehicle.is_there() {
                break;
            }
        }
        assert!(vehicle.is_there());
        assert_eq!(before, roads.nodes[to]);
        assert!(vehicle.motion(&roads).speed_mps.abs() < f64::EPSILON);
    }

    #[test]
    fn a_vehicle_that_is_sent_elsewhere_finishes_its_street_first() {
        let roads = Roads::read();
        let mut vehicle = Vehicle::parked(0);
        vehicle.set_out(&roads, roads.len() / 2);
        vehicle.drive(&roads, 0.5, 0.5);
        let before = vehicle.motion(&roads).point;
        vehicle.set_out(&roads, roads.len() - 1);
        assert_eq!(vehicle.motion(&roads).point, before);
        assert_eq!(roads.edges[*vehicle.way.last().unwrap()].to, roads.len() - 1);
    }

    #[test]
    fn headings_are_clockwise_from_north() {
        let at = |latitude, longitude| Point::parse(latitude, longitude).unwrap();
        let origin = at(60.0, 25.0);
        for (to, wanted) in [(at(60.1, 25.0), 0.0), (at(60.0, 25.1), 90.0), (at(59.9, 25.0), 180.0), (at(60.0, 24.9), 270.0)] {
            assert!((heading(origin, to) - wanted).abs() < 0.1);
        }
    }
}
