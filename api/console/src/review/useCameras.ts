// Cameras by id, for search and filters.

import { useQuery } from "@tanstack/react-query";
import { api, body } from "../api/client";

export function useCameras() {
  return useQuery({
    queryKey: ["cameras", "names"],
    queryFn: async () => (await body(api.GET("/api/v1/cameras", { params: { query: { limit: 200 } } }))).items,
    staleTime: 5 * 60_000,
  });
}
