import { describe, expect, test } from 'vitest';
import { isTimeZone, parseInstant } from '../../src/base/instant.ts';
import { parseMode } from '../../src/base/octal.ts';

const iso = (text: string, zone: string | null = 'Europe/Berlin'): string | null => {
  const instant = parseInstant(text, zone);
  return instant === null ? null : new Date(instant).toISOString();
};

describe('instants (§19.1 wait.until)', () => {
  test.each([
    ['2026-07-01T12:00:00Z', '2026-07-01T12:00:00.000Z'],
    ['2026-07-01t12:00:00.25+02:00', '2026-07-01T10:00:00.250Z'],
    ['2026-07-01 12:00', '2026-07-01T10:00:00.000Z'],
    ['2026-01-01 12:00:30', '2026-01-01T11:00:30.000Z'],
    // The clock skips 02:00–03:00 and repeats 02:00–03:00.
    ['2026-03-29 02:30', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25 02:30', '2026-10-25T00:30:00.000Z'],
  ])('%s', (text, expected) => expect(iso(text)).toBe(expected));

  test('a change of half an hour, and zones far from UTC', () => {
    expect(iso('2026-10-04 02:15', 'Australia/Lord_Howe')).toBe('2026-10-03T15:30:00.000Z');
    expect(iso('2026-01-01 00:00', 'Pacific/Kiritimati')).toBe('2025-12-31T10:00:00.000Z');
  });

  test.each([
    '2026-02-30 10:00',
    '2026-13-01 10:00',
    '2026-01-01 24:00',
    '2026-01-01',
    '2026-01-01T10:00',
    'soon',
  ])('not an instant: %s', (text) => expect(iso(text)).toBeNull());

  test('zones', () => {
    expect(['Europe/Berlin', 'UTC', 'Mars/Base', '+02:00', ''].map(isTimeZone)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

test('modes are octal as written (§19.1)', () => {
  expect(['0644', '644', '0o644', '7777', '8', '', '-1', '0x1'].map(parseMode)).toEqual([
    0o644,
    0o644,
    0o644,
    0o7777,
    null,
    null,
    null,
    null,
  ]);
});
