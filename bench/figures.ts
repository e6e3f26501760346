/** How numbers are written. */

/** 1,234,567; below a hundred with two digits after the point. */
export function short(value: number): string {
  if (Number.isNaN(value)) return '–';
  return Math.abs(value) < 100 ? value.toFixed(2) : whole(value);
}

export function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
