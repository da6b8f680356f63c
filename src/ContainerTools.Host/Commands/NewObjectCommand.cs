using System.Collections;
using System.Management.Automation;

namespace ContainerTools.Host.Commands;

[Cmdlet(VerbsCommon.New, "Object")]
public sealed class NewObjectCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0)]
    public string TypeName { get; set; } = "";

    [Parameter(Position = 1)]
    [Alias("Args")]
    public object[] ArgumentList { get; set; } = [];

    [Parameter]
    public IDictionary? Property { get; set; }

    protected override void EndProcessing()
    {
        var custom = TypeName.Equals("PSObject", StringComparison.OrdinalIgnoreCase) || TypeName.Equals("PSCustomObject", StringComparison.OrdinalIgnoreCase);
        try
        {
            var result = custom
                ? new PSObject()
                : PSObject.AsPSObject(Activator.CreateInstance(LanguagePrimitives.ConvertTo<Type>(TypeName), [.. ArgumentList.Select(a => a is PSObject p ? p.BaseObject : a)])!);
            foreach (DictionaryEntry entry in Property ?? new Hashtable())
            {
                if (result.Properties[entry.Key.ToString()!] is { } existing)
                    existing.Value = entry.Value;
                else
                    result.Properties.Add(new PSNoteProperty(entry.Key.ToString()!, entry.Value));
            }
            WriteObject(result);
        }
        catch (Exception e) when (e is PSInvalidCastException or MissingMethodException or System.Reflection.TargetInvocationException or SetValueException)
        {
            ThrowTerminatingError(new ErrorRecord(e.InnerException ?? e, "CannotCreateType", ErrorCategory.InvalidType, TypeName));
        }
    }
}
