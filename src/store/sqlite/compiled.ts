/**
 * Version 5: what came out when a definition was loaded. A cache: it goes with its definition, and may be emptied at any
 * time.
 */
export const SCHEMA_5 = `
create table compiled (
  definition text primary key references definition (hash) on delete cascade,
  key text not null,
  data blob not null
) strict;
`;
