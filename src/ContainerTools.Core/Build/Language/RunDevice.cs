namespace ContainerTools.Core.Build.Language;

/// <summary><c>RUN --device=name[,required]</c>: devices by their names in the Container Device Interface.</summary>
/// <param name="Name"><c>vendor/class</c> for the first device, <c>vendor/class=name</c>, <c>vendor/class=*</c> for all, or a class that devices are annotated with.</param>
/// <param name="Required">Whether the command is not run without it.</param>
public sealed record RunDevice(string Name, bool Required);
