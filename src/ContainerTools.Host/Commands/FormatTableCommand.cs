using System.Management.Automation;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.Format, "Table")]
public sealed class FormatTableCommand : OuterFormatTableBase
{
    public FormatTableCommand() => EngineInternals.FormatAs(this, "Table");
}
