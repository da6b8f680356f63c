using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Reflection;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace ContainerTools.Host.Commands;

/// <summary>
/// The few places where the engine's own machinery (formatting, stopping a pipeline early, marking errors) has no public door. The engine
/// package's minor version is pinned, and the host's tests go through every one of them.
/// </summary>
internal static class EngineInternals
{
    private const BindingFlags Any = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Assembly s_engine = typeof(PSObject).Assembly;

    /// <summary>Makes a front-end cmdlet format what it gets as a table, a list or wide columns.</summary>
    public static void FormatAs(FrontEndCommandBase cmdlet, string shape)
    {
        var shapes = EngineType("Microsoft.PowerShell.Commands.Internal.Format.FormatShape");
        SetImplementation(cmdlet, Create("Microsoft.PowerShell.Commands.Internal.Format.InnerFormatShapeCommand", Enum.Parse(shapes, shape)));
    }

    /// <summary>Makes a front-end cmdlet render what it gets as text of at most <paramref name="width"/> columns.</summary>
    public static void RenderTo(FrontEndCommandBase cmdlet, TextWriter writer, int width)
    {
        var manager = Create("Microsoft.PowerShell.Commands.Internal.Format.OutputManagerInner");
        var line = Create("Microsoft.PowerShell.Commands.Internal.Format.TextWriterLineOutput", writer, width);
        manager.GetType().GetProperty("LineOutput", Any)!.SetValue(manager, line);
        SetImplementation(cmdlet, manager);
    }

    /// <summary>The exception by which a cmdlet tells the commands before it to stop, as <c>Select-Object -First</c> does.</summary>
    public static Exception StopUpstream(InternalCommand cmdlet) =>
        (Exception)Create("System.Management.Automation.StopUpstreamCommandsException", cmdlet);

    /// <summary>An error as an object that Out-Default writes to standard error.</summary>
    public static PSObject AsError(ErrorRecord error)
    {
        var result = PSObject.AsPSObject(error);
        var stream = typeof(PSObject).GetProperty("WriteStream", Any)!;
        stream.SetValue(result, Enum.Parse(stream.PropertyType, "Error"));
        return result;
    }

    private static void SetImplementation(FrontEndCommandBase cmdlet, object implementation) =>
        typeof(FrontEndCommandBase).GetField("implementation", Any)!.SetValue(cmdlet, implementation);

    private static object Create(string typeName, params object[] arguments) =>
        Activator.CreateInstance(EngineType(typeName), Any, binder: null, arguments, culture: null)!;

    private static Type EngineType(string name) =>
        s_engine.GetType(name) ?? throw new NotSupportedException($"This version of the engine ({s_engine.GetName().Version}) has no {name}.");
}
