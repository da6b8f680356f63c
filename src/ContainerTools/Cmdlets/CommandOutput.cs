using System.Management.Automation;

namespace ContainerTools.Cmdlets;

/// <summary>Puts a command's lines where a native command's would go.</summary>
internal static class CommandOutput
{
    public static void Write(PSCmdlet cmdlet, ContainerStream stream, string line)
    {
        if (stream == ContainerStream.Error)
            NativeStreams.WriteErrorLine(cmdlet, line);
        else
            cmdlet.WriteObject(line);
    }
}
