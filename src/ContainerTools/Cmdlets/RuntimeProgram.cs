namespace ContainerTools.Cmdlets;

/// <summary>Where <c>ctrun</c> is: beside this assembly.</summary>
internal static class RuntimeProgram
{
    public static string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(typeof(RuntimeProgram).Assembly.Location)!, "ctrun");
}
