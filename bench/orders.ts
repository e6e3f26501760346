/** The JSON of the benchmarks: an order of two things, and a note that makes it as long as is asked for. */

export interface Order {
  readonly order_id: string;
  readonly customer_id: string;
  readonly total_amount: number;
  readonly lines: readonly {
    readonly sku: string;
    readonly name: string;
    readonly quantity: number;
    readonly price: number;
  }[];
  readonly note: string;
}

/** @param number of the key, which decides the content @param bytes of the JSON text, exactly; at least 400 */
export function orderJson(number: number, bytes: number): Buffer {
  const lines = [0, 1].map((i) => ({
    sku: `SKU-${String((number * 7 + i) % 100_000).padStart(6, '0')}`,
    name: 'A thing that somebody wanted',
    quantity: 1 + ((number + i) % 5),
    price: 100 + ((number * 13 + i) % 9_000) / 100,
  }));
  const order: Order = {
    order_id: `order-${String(number).padStart(8, '0')}`,
    customer_id: `customer-${String(number % 1_000).padStart(6, '0')}`,
    total_amount: lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0),
    lines,
    note: '',
  };
  const missing = bytes - Buffer.byteLength(JSON.stringify(order));
  return Buffer.from(JSON.stringify({ ...order, note: 'x'.repeat(missing) }));
}
