/** The events of `orders.stream`: their own fields, without the envelope that every event has. */
export interface OrderEvents {
  OrderPlaced: { readonly customer_id: string; readonly total_amount: number };
  OrderShipped: { readonly tracking_number: string };
}
