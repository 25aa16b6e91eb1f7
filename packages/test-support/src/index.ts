/**
 * What tests of several parts share: a database for each worker, builders of rows, a clock that stands still, and somebody who asks.
 * For tests only; no product code imports it.
 */
export { newHost, newSession, newUser, PASSWORD } from './builders.ts'
export { createFakeClock, type FakeClock } from './clock.ts'
export { asProcess, openWorkerDatabase, type WorkerDatabase } from './database.ts'
export { eventually } from './eventually.ts'
export { findFreePort } from './free-port.ts'
export { type Mariadb, type MariadbOptions, openMariadb } from './mariadb.ts'
export { openTcpProxy, type TcpProxy, type TcpProxyMode } from './tcp-proxy.ts'
export {
  type Answer,
  type Ask,
  createVisitor,
  type Injectable,
  type Visitor,
  type VisitorOptions,
} from './visitor.ts'
