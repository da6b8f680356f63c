namespace ContainerTools.Linux.Cgroups;

/// <summary>One rule on device nodes; a later rule overrides an earlier one.</summary>
/// <param name="Allow">Whether access is allowed.</param>
/// <param name="Type"><c>a</c> for all, <c>c</c> for character, <c>b</c> for block devices.</param>
/// <param name="Major">Major number, -1 for any.</param>
/// <param name="Minor">Minor number, -1 for any.</param>
/// <param name="Access">Letters out of <c>rwm</c> (read, write, mknod).</param>
public readonly record struct CgroupDeviceRule(bool Allow, char Type, long Major, long Minor, string Access);
