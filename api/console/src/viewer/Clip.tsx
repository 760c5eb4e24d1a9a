// The evidence clip with frame stepping.

import { CaretRightOutlined, PauseOutlined, StepBackwardOutlined, StepForwardOutlined } from "@ant-design/icons";
import { Button, Slider } from "antd";
import { useCallback, useEffect, useImperativeHandle, useRef, useState, type Ref } from "react";
import { useTranslation } from "react-i18next";
import { fixed } from "../parts/figures";

export interface ClipHandle {
  toggle: () => void;
  step: (frames: number) => void;
}

interface ClipProps {
  url: string | null | undefined; // undefined: it is on its way
  pictures?: number | null; // in the whole clip: gives the step of one frame
  startsAt?: number; // seconds into the clip
  handle?: Ref<ClipHandle>;
  onState?: (state: "shown" | "broken" | "unsupported") => void;
}

const RATES = [0.25, 0.5, 1, 2];
const nextRate = (rate: number) => RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1;
const DEFAULT_RATE_HZ = 25;
const ROUNDING = 1e-3; // of a frame: times of frames are no round numbers

export function Clip({ url, pictures = null, startsAt = 0, handle, onState }: ClipProps) {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement | null>(null);
  const [playing, setPlaying] = useState(false);
  const [seconds, setSeconds] = useState(0);
  const [duration, setDuration] = useState(0);
  const framesPerSecond = pictures && duration > 0 ? pictures / duration : DEFAULT_RATE_HZ;
  const [rate, setRate] = useState(1);
  const [state, setState] = useState<"loading" | "shown" | "broken" | "unsupported">("loading");

  useEffect(() => {
    setState(url === null ? "broken" : "loading");
    setSeconds(0);
  }, [url]);
  useEffect(() => {
    if (video.current) video.current.playbackRate = rate;
  }, [rate, url]);

  const toggle = useCallback(() => {
    const element = video.current;
    if (!element) return;
    if (element.paused) void element.play().catch(() => undefined);
    else element.pause();
  }, []);
  const step = useCallback(
    (frames: number) => {
      const element = video.current;
      if (!element) return;
      element.pause();
      const frame = Math.floor(element.currentTime * framesPerSecond + ROUNDING) + frames;
      // Half a frame in, so that rounding never shows the neighbour.
      element.currentTime = Math.min(Math.max((frame + 0.5) / framesPerSecond, 0), element.duration || 0);
    },
    [framesPerSecond],
  );
  useImperativeHandle(handle, () => ({ toggle, step }), [toggle, step]);

  const failed = () => {
    const unsupported = video.current?.error?.code === MediaError.MEDIA_ERR_DECODE;
    const next = unsupported ? "unsupported" : "broken";
    setState(next);
    onState?.(next);
  };

  return (
    <div className="clip" data-state={state}>
      <div className="clip-screen">
        {url && state !== "broken" && (
          <video ref={video} src={url} preload="auto" muted playsInline onError={failed}
            onLoadedMetadata={(event) => {
              setDuration(event.currentTarget.duration);
              event.currentTarget.currentTime = startsAt;
              setState("shown");
              onState?.("shown");
            }}
            onTimeUpdate={(event) => setSeconds(event.currentTarget.currentTime)}
            onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} />
        )}
        {(state === "broken" || state === "unsupported") && (
          <div className="picture-missing" role="alert">
            {t(state === "broken" ? "clip.missing" : "clip.unsupported")}
          </div>
        )}
      </div>
      <div className="clip-bar">
        <Button size="small" type="text" aria-label={t("clip.back")} icon={<StepBackwardOutlined />} onClick={() => step(-1)} />
        <Button size="small" type="text" aria-label={t("clip.play")}
          icon={playing ? <PauseOutlined /> : <CaretRightOutlined />} onClick={toggle} />
        <Button size="small" type="text" aria-label={t("clip.forward")} icon={<StepForwardOutlined />} onClick={() => step(1)} />
        <Slider className="clip-slider" min={0} max={duration || 1} step={1 / framesPerSecond} value={seconds}
          tooltip={{ open: false }} ariaLabelForHandle={t("clip.position")}
          onChange={(value) => {
            if (video.current) video.current.currentTime = value;
          }} />
        <span className="figures quiet">
          {fixed(seconds, 2)} / {fixed(duration, 1)} s
        </span>
        <Button size="small" type="text" className="figures" aria-label={`${t("clip.slower")} ${rate}×`} onClick={() => setRate(nextRate(rate))}>
          {rate}×
        </Button>
      </div>
    </div>
  );
}
