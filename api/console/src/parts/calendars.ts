// Ant Design's calendars, by themselves: they are large, and loaded when somebody picks a date.

import { DatePicker } from "antd";

export const DayCalendar = DatePicker;
export const RangeCalendar = DatePicker.RangePicker;
