// What the pages of cameras ask the API for.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";
import { everyPage } from "../api/everyPage";
import type { components } from "../api/schema";
import { coverageWindow } from "./coverage";

export type CameraSummary = components["schemas"]["CameraSummary"];
export type CameraDetail = components["schemas"]["CameraDetail"];
export type Version = components["schemas"]["VersionView"];
export type Organisation = components["schemas"]["OrganisationView"];

const EVERY_MS = 20_000; // boxes report every minute

export function useCameras(withRetired = false) {
  return useQuery({
    queryKey: ["cameras", { withRetired }],
    queryFn: () =>
      everyPage((query) => body(api.GET("/api/v1/cameras", { params: { query: { ...query, with_retired: withRetired } } }))),
    refetchInterval: EVERY_MS,
  });
}

export function useBoxes() {
  return useQuery({
    queryKey: ["boxes"],
    queryFn: () => everyPage((query) => body(api.GET("/api/v1/boxes", { params: { query } }))),
    refetchInterval: EVERY_MS,
  });
}

const COVERAGE_MS = 60_000; // boxes report every minute

/** How much of the last day each camera, of an area or one, was watched, with the window that was asked for. */
export function useCoverage(of: { area?: string; camera_id?: string } = {}) {
  return useQuery({
    queryKey: ["camera-coverage", of],
    queryFn: async () => {
      const span = coverageWindow(Date.now());
      const [begins, ends] = [new Date(span.begins).toISOString(), new Date(span.ends).toISOString()];
      const found = await everyPage((query) =>
        body(api.GET("/api/v1/analytics/coverage", { params: { query: { ...query, begins, ends, ...of } } })));
      return { ...found, span };
    },
    refetchInterval: COVERAGE_MS,
  });
}

export function useLegalities() {
  return useQuery({
    queryKey: ["camera-legality"],
    queryFn: () => everyPage((query) => body(api.GET("/api/v1/camera-legality", { params: { query } }))),
    staleTime: 60_000,
  });
}

export function useOrganisations() {
  return useQuery({
    queryKey: ["organisations"],
    queryFn: () => body(api.GET("/api/v1/organisations")),
    staleTime: 60_000,
  });
}

/** A camera with its newest view, or as it was at an instant (RFC 3339). */
export function useCamera(id: string, at?: string) {
  return useQuery({
    queryKey: ["camera", id, at ?? "now"],
    queryFn: () =>
      body(api.GET("/api/v1/cameras/{camera_id}", { params: { path: { camera_id: id }, query: at ? { at } : {} } })),
  });
}

export function useCameraVersion(id: string, number: number | null) {
  return useQuery({
    queryKey: ["camera", id, "version", number],
    queryFn: () =>
      body(api.GET("/api/v1/cameras/{camera_id}/versions/{number}", {
        params: { path: { camera_id: id, number: number ?? 0 } },
      })),
    enabled: number !== null && number > 0,
    staleTime: Infinity, // versions never change
  });
}

export function useVersions(id: string) {
  return useQuery({
    queryKey: ["camera", id, "versions"],
    queryFn: () =>
      everyPage((query) =>
        body(api.GET("/api/v1/cameras/{camera_id}/versions", { params: { path: { camera_id: id }, query } }))),
  });
}

export function useGates(id: string, at?: string) {
  return useQuery({
    queryKey: ["camera", id, "gates", at ?? "now"],
    queryFn: () =>
      body(api.GET("/api/v1/cameras/{camera_id}/gates", { params: { path: { camera_id: id }, query: at ? { at } : {} } })),
  });
}

/** Where the newest picture is; the time makes a new picture another address. */
export function pictureUrl(camera: Pick<CameraSummary, "id" | "picture_at">): string | null {
  if (!camera.picture_at) return null;
  return `/api/v1/cameras/${encodeURIComponent(camera.id)}/picture?taken=${encodeURIComponent(camera.picture_at)}`;
}
