// A service that keeps many small things: records, Maps, dates, closures and strings, about 20,000 of them in
// each MB of heap. argv: MB.
import { ready } from "./heartbeat.mjs";

class Customer {
  constructor(id) {
    this.id = id;
    this.name = `customer ${id}`;
    this.since = new Date(1.7e12 + id);
    this.tags = ["new", id % 3 === 0 ? "gold" : "plain"];
    this.orders = new Map();
  }
}

class Order {
  constructor(id, customer) {
    this.id = id;
    this.customer = customer;
    this.total = id * 1.25;
    this.paid = id % 2 === 0;
  }
}

const customers = [];
/** A customer with two orders takes about 1,000 bytes. */
for (let id = 0; id < Number(process.argv[2]) * 1000; id++) {
  const customer = new Customer(id);
  for (const n of [id * 2, id * 2 + 1]) customer.orders.set(`order-${n}`, { order: new Order(n, customer), seen: () => customer });
  customers.push(customer);
}
ready(customers);
