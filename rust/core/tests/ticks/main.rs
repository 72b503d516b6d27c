//! The venue tick by tick, seen from outside: one behaviour a test.

mod arrivals;
mod conservation;
mod loops;
mod protection;
mod queues;
mod scene;
mod taking;
