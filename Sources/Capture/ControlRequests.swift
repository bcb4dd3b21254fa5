import CV4L2

/// What the driver tells of its controls, and takes.
extension V4L2Device {
  /// Controls that hold a number, in the driver's order; not those of other kinds, nor buttons.
  /// - Parameter isWanted: asked before each one, since a camera may take a second for it; what was read until then is returned.
  func controls(while isWanted: () -> Bool = { true }) -> [CameraControl] {
    var controls: [CameraControl] = []
    var id: UInt32 = 0
    while controls.count < 256, isWanted() {
      var raw = v4l2_query_ext_ctrl()
      raw.id = id | UInt32(V4L2_CTRL_FLAG_NEXT_CTRL)
      guard (try? request("VIDIOC_QUERY_EXT_CTRL", cv4l2_QUERY_EXT_CTRL, &raw)) != nil, raw.id > id else { break }
      id = raw.id
      let unusable = UInt32(V4L2_CTRL_FLAG_DISABLED | V4L2_CTRL_FLAG_WRITE_ONLY)
      guard raw.flags & unusable == 0, let kind = kind(of: raw), let value = try? control(id) else { continue }
      let title = text(of: raw.name)
      controls.append(
        CameraControl(
          name: Self.name(of: title), title: title, kind: kind, value: value, defaultValue: Int(raw.default_value),
          lock: Self.lock(raw.flags), id: id))
    }
    return controls
  }

  private static func lock(_ flags: UInt32) -> CameraControl.Lock? {
    if flags & UInt32(V4L2_CTRL_FLAG_READ_ONLY) != 0 { return .readOnly }
    if flags & UInt32(V4L2_CTRL_FLAG_GRABBED) != 0 { return .grabbed }
    return flags & UInt32(V4L2_CTRL_FLAG_INACTIVE) != 0 ? .inactive : nil
  }

  func control(_ id: UInt32) throws(CallError) -> Int {
    var raw = v4l2_control(id: id, value: 0)
    try request("VIDIOC_G_CTRL", cv4l2_G_CTRL, &raw)
    return Int(raw.value)
  }

  func setControl(_ id: UInt32, to value: Int) throws(CallError) {
    var raw = v4l2_control(id: id, value: Int32(clamping: value))
    try request("VIDIOC_S_CTRL", cv4l2_S_CTRL, &raw)
  }

  private func kind(of raw: v4l2_query_ext_ctrl) -> CameraControl.Kind? {
    switch raw.type {
    case V4L2_CTRL_TYPE_BOOLEAN.rawValue: return .boolean
    case V4L2_CTRL_TYPE_INTEGER.rawValue:
      guard raw.minimum <= raw.maximum else { return nil }
      return .integer(Int(raw.minimum)...Int(raw.maximum), step: max(1, Int(clamping: raw.step)))
    case V4L2_CTRL_TYPE_MENU.rawValue, V4L2_CTRL_TYPE_INTEGER_MENU.rawValue:
      guard raw.minimum <= raw.maximum, raw.minimum <= 255 else { return nil }
      let isNumbers = raw.type == V4L2_CTRL_TYPE_INTEGER_MENU.rawValue
      // A menu may have gaps.
      return .menu(
        (max(0, raw.minimum)...max(0, min(raw.maximum, 255))).compactMap { index in
          var item = v4l2_querymenu()
          item.id = raw.id
          item.index = UInt32(index)
          guard (try? request("VIDIOC_QUERYMENU", cv4l2_QUERYMENU, &item)) != nil else { return nil }
          return CameraControl.MenuItem(
            value: Int(index), name: isNumbers ? String(cv4l2_menu_value(&item)) : text(of: item.name))
        })
    default: return nil
    }
  }

  /// Letters and digits in small letters, everything between them one `_`: as v4l2-ctl names controls.
  static func name(of title: String) -> String {
    title.split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "_").lowercased()
  }
}
