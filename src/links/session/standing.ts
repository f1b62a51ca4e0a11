/**
 * What a hello says of where its sender is. `stranger`: another life of a peer that one of us has met in this epoch;
 * `stranded`: behind, and cannot follow.
 */
export type Standing = 'fits' | 'ahead' | 'behind' | 'stranger' | 'stranded';
